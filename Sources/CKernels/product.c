// Products of float32 matrices, after Goto and van de Geijn 2008: blocks of both matrices are packed in
// the order in which they are read, and a tile of the result stays in registers. Two things are done
// otherwise:
//
// - An element is the sum over its dot product's blocks, in their order, of sums in the order of
//   their terms. Where blocks begin depends on the length of the dot products alone. So an element has the
//   same bits in whatever part of the result it is computed, and with every instruction set that
//   has fused multiply-adds.
// - In a training step operands come from memory. While tiles are computed, the lines that are
//   packed next are asked for, evenly, so that memory is read while registers are busy.
#include "product.h"

/// Terms of a dot product that are summed in registers. A panel of a with as many steps takes a quarter of
/// the first-level cache, since another thread of the core may want the rest.
#define BLOCK_INNER 192
/// Steps of a tile after which its packed columns are used.
#define AHEAD 8

typedef float four __attribute__((ext_vector_type(4)));

/// Some lanes of two vectors.
#define PAIR(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define ALL_4 0, 1, 2, 3, 4, 5, 6, 7
#define ALL_8 ALL_4, 8, 9, 10, 11, 12, 13, 14, 15
#define FUSED(a, b, c) __builtin_elementwise_fma(a, b, c)

#if defined(__x86_64__)
#define LEVEL(name) name##_v4
// Without a least width the compiler halves these vectors.
#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define VECTOR 16
#define TILE_ROWS 14
#define TILE_VECTORS 2
#define FMA FUSED
#include "product_level.h"

#define LEVEL(name) name##_v3
#define TARGET __attribute__((target("arch=x86-64-v3")))
#define VECTOR 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define FMA FUSED
#include "product_level.h"

// Without fused multiply-adds, which would be function calls.
#define LEVEL(name) name##_any
#define TARGET
#define VECTOR 4
#define TILE_ROWS 3
#define TILE_VECTORS 4
#define FMA(a, b, c) ((a) * (b) + (c))
#include "product_level.h"
#else
#define LEVEL(name) name##_any
#define TARGET
#define VECTOR 4
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define FMA FUSED
#include "product_level.h"
#endif

/// The best first.
static const struct {
  const char *name;
  const level *level;
} levels[] = {
#if defined(__x86_64__)
    {"x86-64-v4", &level_v4},
    {"x86-64-v3", &level_v3},
#endif
    {"any", &level_any},
};
enum { level_count = sizeof(levels) / sizeof(*levels) };

static _Thread_local const level *level_here;

bool ck_product_use(const char *name) {
  bool has_it = false;
  for (int i = 0; i < level_count; i++) {
    has_it |= i == level_count - 1 || !strcmp(levels[i].name, ck_level());
    if (strcmp(levels[i].name, name)) continue;
    if (has_it) level_here = levels[i].level;
    return has_it;
  }
  return false;
}

void ck_product(float *c, int64_t stride, ck_operand a, ck_operand b, int64_t rows, int64_t columns,
                int64_t inner, float scale, bool accumulates) {
  if (!level_here && !ck_product_use(ck_level())) ck_product_use("any");
  multiply(level_here, c, stride, a, b, rows, columns, inner, scale, accumulates);
}
