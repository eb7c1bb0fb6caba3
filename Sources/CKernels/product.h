// What matrix products of all instruction sets share: product.c says how they work.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "CKernels.h"

/// Rows of a and columns of b that are packed together: both for the second-level cache.
#define BLOCK_ROWS 1024
#define BLOCK_COLUMNS 512
/// Memory for what is packed, and what a level packs.
#define PACKED_FLOATS (1 << 20)
#define FITS(rows, a_step, b_floats, terms) \
  _Static_assert((terms) * (SHARE(BLOCK_ROWS, rows) * (a_step) + (b_floats)) <= PACKED_FLOATS, \
                 "packed blocks are larger than their memory")
/// Tiles are at most this large.
#define MOST_TILE_ROWS 32
#define MOST_TILE_COLUMNS 32

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
/// a / b, rounded up.
#define SHARE(a, b) (((a) + (b) - 1) / (b))

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

/// Asks for a row of c that will be written.
static inline void ask_for_result(const float *row, int64_t columns) {
  for (int64_t i = 0; i < columns; i += 16) __builtin_prefetch(row + i, 1, 3);
  __builtin_prefetch(row + columns - 1, 1, 3);
}

/// Rows of a or columns of b for one step of their dot products after the other.
typedef struct {
  const float *first;
  int64_t step;
} steps;

/// What becomes of what c holds; `streams` overwrites it past the caches, which do not hold results of
/// that size until they are read.
typedef enum { overwrites, adds, streams } writing;

/// Writes the products of a panel of a and a panel of b to rows of c.
typedef void (*tile)(float *c, int64_t stride, steps a, steps b, int64_t inner, float scale,
                     writing how, reading *next);
/// Packs `count` rows of a or columns of b; `is_strided`: their terms lie side by side.
typedef void (*packing)(float *to, const float *from, int64_t stride, int is_strided,
                        int64_t count, int64_t inner);

/// How one instruction set multiplies.
typedef struct {
  int64_t tile_rows, tile_columns;
  /// Floats of a packed panel of a, and of b, for each term of the dot products.
  int64_t a_step, b_step;
  /// Terms of a dot product that are summed before c is touched, and what packed ones are a multiple of.
  int64_t block_inner, inner_unit;
  /// Terms after which a tile asks for what is read next; 0 where it asks once for two of its rows.
  int64_t terms_per_turn;
  /// Whether operands whose steps lie apart can be read where they are.
  bool reads_in_place;
  /// Tiles of 1, 2, … rows, or one of all rows.
  bool has_all_heights;
  const tile *tiles;
  packing pack_a, pack_b;
} level;

/// c = scale · a · b, or c += scale · a · b.
void multiply(const level *level, float *c, int64_t stride, ck_operand a, ck_operand b, int64_t rows,
              int64_t columns, int64_t inner, float scale, bool accumulates);
