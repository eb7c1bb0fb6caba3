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
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "CKernels.h"

/// Terms of a dot product that are summed in registers. A panel of a with as many steps takes a quarter of
/// the first-level cache, since another thread of the core may want the rest.
#define BLOCK_INNER 192
/// Rows of a and columns of b that are packed together: both for the second-level cache.
#define BLOCK_ROWS 1024
#define BLOCK_COLUMNS 512
/// Elements of c that stay in the second-level cache while blocks of their dot products are added.
#define RESULT_BLOCK 300000
/// Multiply-adds of a product whose operands are in the second-level cache, or will be before they are packed.
#define SMALL 4000000
/// Steps of a tile after which its packed columns are used.
#define AHEAD 8
/// Tiles are at most this large.
#define MOST_TILE_ROWS 14
#define MOST_TILE_COLUMNS 32

typedef float four __attribute__((ext_vector_type(4)));

/// Lines of memory that will be packed: `count` rows of `lines` cache lines.
typedef struct {
  const char *first;
  int64_t stride, lines, count;
  int64_t row, line;
} region;

/// What is asked for ahead of time, and how much of it between two rows of a tile.
typedef struct {
  region a, b;
  int64_t a_share, b_share;
} reading;

static inline void read_region(region *r, int64_t share) {
  for (; share > 0 && r->row < r->count; share--) {
    __builtin_prefetch(r->first + r->row * r->stride + r->line * 64, 0, 2);
    if (++r->line == r->lines) r->line = 0, r->row++;
  }
}

static inline void read_ahead(reading *next) {
  read_region(&next->b, next->b_share);
  read_region(&next->a, next->a_share);
}

static inline void ask_for_result(const float *row, int64_t columns) {
  for (int64_t i = 0; i < columns; i += 16) __builtin_prefetch(row + i, 1, 3);
  __builtin_prefetch(row + columns - 1, 1, 3);
}

/// Rows of a or columns of b for one step of their dot products after the other.
typedef struct {
  const float *first;
  int64_t step;
} steps;

typedef void (*tile)(float *c, int64_t stride, steps a, steps b, int64_t inner, float scale,
                     int adds, reading *next);
typedef void (*packing)(float *to, const float *from, int64_t stride, int is_strided,
                        int64_t count, int64_t inner);

/// What product_level.h makes for an instruction set.
typedef struct {
  int64_t tile_rows, tile_columns, panel_rows;
  const tile *tiles;
  packing pack_a, pack_b;
} level;

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
/// a / b, rounded up.
#define SHARE(a, b) (((a) + (b) - 1) / (b))
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

/// Memory of the calling thread for packed blocks, on large pages where the system has them.
static float *packed_memory(void) {
  static _Thread_local float *memory;
  enum { page = 2 << 20, size = 2 * page };
  _Static_assert(sizeof(float) * BLOCK_INNER * (BLOCK_COLUMNS + (BLOCK_ROWS / 3 + 1) * 8) < size,
                 "packed blocks are larger than their memory");
  if (!memory) {
    memory = aligned_alloc(page, size);
    if (!memory) abort();
#ifdef MADV_HUGEPAGE
    madvise(memory, size, MADV_HUGEPAGE);
#endif
  }
  return memory;
}

/// A part of the product: some rows, some columns, and how they are cut.
typedef struct {
  const level *level;
  float *c;
  int64_t stride;
  ck_operand a, b;
  float scale;
  bool accumulates;
  /// Whether operands whose steps lie apart are read where they are: packing a small product costs more.
  bool is_small;
  int64_t first_row, rows, panels;
  int64_t first_column, end_column, column_blocks;
  int64_t inner, inner_blocks, inner_step;
} part;

/// The first row of panel p: panels differ by one row at most.
static inline int64_t panel_row(const part *x, int64_t p) {
  return x->first_row + x->rows * p / x->panels;
}
static inline int64_t first_term(const part *x, int64_t block) {
  return MIN(x->inner, block * x->inner_step);
}
/// Blocks of columns are whole tiles, but for the last.
static inline int64_t block_column(const part *x, int64_t block) {
  const int64_t width = x->level->tile_columns;
  const int64_t tiles = (x->end_column - x->first_column + width - 1) / width;
  return MIN(x->end_column, x->first_column + tiles * block / x->column_blocks * width);
}

static inline const float *place(const ck_operand *matrix, int64_t row, int64_t column) {
  return matrix->first +
         (matrix->is_transposed ? column * matrix->stride + row : row * matrix->stride + column);
}

/// Where `across` rows or columns with `inner` terms each lie.
static region lines_of(const float *first, int64_t stride, int is_strided, int64_t across,
                       int64_t inner) {
  const int64_t length = is_strided ? inner : across;
  return (region){(const char *)first, 4 * stride, (length + 15) / 16 + 1,
                  is_strided ? across : inner, 0, 0};
}

/// The panel of a that is packed after panel p.
static region next_panel_of_a(const part *x, int64_t p, int64_t inner_block) {
  if (++p == x->panels) p = 0, inner_block++;
  if (inner_block == x->inner_blocks) return (region){0};
  const int64_t row = panel_row(x, p), k = first_term(x, inner_block);
  return lines_of(place(&x->a, row, k), x->a.stride, !x->a.is_transposed,
                  panel_row(x, p + 1) - row, first_term(x, inner_block + 1) - k);
}

/// The block of b that is packed after this one.
static region next_block_of_b(const part *x, int64_t column_block, int64_t inner_block) {
  if (++column_block == x->column_blocks) column_block = 0, inner_block++;
  if (inner_block == x->inner_blocks) return (region){0};
  const int64_t column = block_column(x, column_block), k = first_term(x, inner_block);
  return lines_of(place(&x->b, k, column), x->b.stride, x->b.is_transposed,
                  block_column(x, column_block + 1) - column, first_term(x, inner_block + 1) - k);
}

/// A tile of fewer columns than others: computed beside c and copied.
static void narrow_tile(const part *x, float *c, int64_t rows, int64_t columns, steps a, steps b,
                        int64_t inner, int adds, reading *next) {
  float whole[MOST_TILE_ROWS * MOST_TILE_COLUMNS];
  const int64_t width = x->level->tile_columns;
  for (int64_t i = 0; i < rows && adds; i++) {
    memcpy(whole + i * width, c + i * x->stride, (size_t)columns * sizeof(float));
    memset(whole + i * width + columns, 0, (size_t)(width - columns) * sizeof(float));
  }
  x->level->tiles[rows - 1](whole, width, a, b, inner, x->scale, adds, next);
  for (int64_t i = 0; i < rows; i++) {
    memcpy(c + i * x->stride, whole + i * width, (size_t)columns * sizeof(float));
  }
}

/// Adds one block of the dot products of a block of columns; packs a if it is the first of these.
static void multiply_block(const part *x, int64_t column_block, int64_t inner_block,
                           float *packed_a, float *packed_b) {
  const level *l = x->level;
  const int64_t k = first_term(x, inner_block), inner = first_term(x, inner_block + 1) - k;
  const int64_t begin = block_column(x, column_block), end = block_column(x, column_block + 1);
  const int64_t tiles = SHARE(end - begin, l->tile_columns);
  const bool reads_a = x->is_small && x->a.is_transposed;
  const bool reads_b = x->is_small && !x->b.is_transposed;
  for (int64_t t = reads_b ? (end - begin) / l->tile_columns : 0; t < tiles; t++) {
    const int64_t column = begin + t * l->tile_columns;
    l->pack_b(packed_b + t * l->tile_columns * inner, place(&x->b, k, column), x->b.stride,
              x->b.is_transposed, MIN(l->tile_columns, end - column), inner);
  }
  // A tile asks for its shares this often at most.
  const int64_t turns = MAX(1, l->tile_rows / 2);
  reading next = {.b = next_block_of_b(x, column_block, inner_block)};
  next.b_share = SHARE(next.b.count * next.b.lines, x->panels * tiles * turns);
  for (int64_t p = 0; p < x->panels; p++) {
    const int64_t row = panel_row(x, p), rows = panel_row(x, p + 1) - row;
    float *panel = packed_a + p * l->panel_rows * inner;
    if (column_block == 0 && !reads_a) {
      l->pack_a(panel, place(&x->a, row, k), x->a.stride, !x->a.is_transposed, rows, inner);
      next.a = next_panel_of_a(x, p, inner_block);
      next.a_share = SHARE(next.a.count * next.a.lines, tiles * turns);
    }
    const steps a = reads_a ? (steps){place(&x->a, row, k), x->a.stride} : (steps){panel, l->panel_rows};
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t column = begin + t * l->tile_columns;
      const int64_t columns = MIN(l->tile_columns, end - column);
      const bool is_packed = !reads_b || columns < l->tile_columns;
      const steps b = is_packed
                          ? (steps){packed_b + t * l->tile_columns * inner, l->tile_columns}
                          : (steps){place(&x->b, k, column), x->b.stride};
      const int adds = x->accumulates || inner_block > 0;
      float *c = x->c + row * x->stride + column;
      if (columns == l->tile_columns) {
        l->tiles[rows - 1](c, x->stride, a, b, inner, x->scale, adds, &next);
      } else {
        narrow_tile(x, c, rows, columns, a, b, inner, adds, &next);
      }
    }
  }
}

void ck_product(float *c, int64_t stride, ck_operand a, ck_operand b, int64_t rows, int64_t columns,
                int64_t inner, float scale, bool accumulates) {
  if (!level_here && !ck_product_use(ck_level())) ck_product_use("any");
  part x = {.level = level_here, .c = c, .stride = stride, .a = a, .b = b, .scale = scale,
            .accumulates = accumulates, .inner = inner,
            .is_small = rows * columns * inner <= SMALL};
  x.inner_blocks = SHARE(inner, BLOCK_INNER);
  x.inner_step = SHARE(SHARE(inner, x.inner_blocks), 8) * 8;
  float *packed_b = packed_memory();
  float *packed_a = packed_b + BLOCK_INNER * BLOCK_COLUMNS;
  // Either c's blocks stay in the cache or, where even narrow ones could not, a is packed once only.
  const int64_t width = rows < RESULT_BLOCK / BLOCK_ROWS ? RESULT_BLOCK / rows / 32 * 32 : columns;
  for (int64_t row = 0; row < rows; row += BLOCK_ROWS) {
    x.first_row = row;
    x.rows = MIN(BLOCK_ROWS, rows - row);
    x.panels = SHARE(x.rows, x.level->tile_rows);
    for (int64_t column = 0; column < columns; column += width) {
      x.first_column = column;
      x.end_column = MIN(columns, column + width);
      x.column_blocks = SHARE(x.end_column - column, BLOCK_COLUMNS);
      for (int64_t inner_block = 0; inner_block < x.inner_blocks; inner_block++) {
        for (int64_t block = 0; block < x.column_blocks; block++) {
          multiply_block(&x, block, inner_block, packed_a, packed_b);
        }
      }
    }
  }
}
