// Cuts products into blocks, packs them and goes through their tiles.
#include "product.h"

#include <stdlib.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/// Elements of c that stay in the second-level cache while blocks of their dot products are added.
#define RESULT_BLOCK 300000
/// Multiply-adds of a product whose operands are in the second-level cache, or will be before they
/// are packed.
#define SMALL 4000000

/// Memory of the calling thread for packed blocks, on large pages where the system has them.
static float *packed_memory(void) {
  static _Thread_local float *memory;
  enum { page = 2 << 20, size = PACKED_FLOATS * sizeof(float) };
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
  /// Whether operands whose steps lie apart are read where they are, and others asked for before they
  /// are packed: packing a small product costs more, and its operands are in the cache.
  bool reads_in_place, asks_for_operands;
  /// Whether the result is too large for the caches.
  bool streams;
  int64_t first_row, rows, panels;
  int64_t first_column, end_column, column_blocks;
  int64_t inner, inner_blocks, inner_step;
} part;

/// The first row of panel p: panels differ by one row at most where there are tiles for that.
static inline int64_t panel_row(const part *x, int64_t p) {
  return x->first_row + (x->level->has_all_heights ? x->rows * p / x->panels
                                                   : MIN(x->rows, p * x->level->tile_rows));
}
static inline int64_t first_term(const part *x, int64_t block) {
  return MIN(x->inner, block * x->inner_step);
}
/// Blocks of columns are whole tiles, but for the last.
static inline int64_t block_column(const part *x, int64_t block) {
  const int64_t width = x->level->tile_columns;
  const int64_t tiles = SHARE(x->end_column - x->first_column, width);
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

/// How many panels of a are packed at a time: several where their terms lie side by side in memory.
static inline int64_t panels_at_once(const part *x) { return x->a.is_transposed ? 8 : 1; }

/// The panels of a that are packed after those that begin with panel p.
static region next_panels_of_a(const part *x, int64_t p, int64_t inner_block) {
  p += panels_at_once(x);
  if (p >= x->panels) p = 0, inner_block++;
  if (inner_block == x->inner_blocks || !x->asks_for_operands) return (region){0};
  const int64_t row = panel_row(x, p), k = first_term(x, inner_block);
  const int64_t end = panel_row(x, MIN(x->panels, p + panels_at_once(x)));
  return lines_of(place(&x->a, row, k), x->a.stride, !x->a.is_transposed, end - row,
                  first_term(x, inner_block + 1) - k);
}

/// The block of b that is packed after this one.
static region next_block_of_b(const part *x, int64_t column_block, int64_t inner_block) {
  if (++column_block == x->column_blocks) column_block = 0, inner_block++;
  if (inner_block == x->inner_blocks || !x->asks_for_operands) return (region){0};
  const int64_t column = block_column(x, column_block), k = first_term(x, inner_block);
  return lines_of(place(&x->b, k, column), x->b.stride, x->b.is_transposed,
                  block_column(x, column_block + 1) - column, first_term(x, inner_block + 1) - k);
}

static inline tile tile_of(const level *level, int64_t rows) {
  return level->tiles[level->has_all_heights ? rows - 1 : 0];
}

/// A tile that is not whole: computed beside c and copied.
static void partial_tile(const part *x, float *c, int64_t rows, int64_t columns, steps a, steps b,
                         int64_t inner, bool is_added, reading *next) {
  float whole[MOST_TILE_ROWS * MOST_TILE_COLUMNS];
  const int64_t width = x->level->tile_columns;
  if (is_added) memset(whole, 0, sizeof(whole));
  for (int64_t i = 0; i < rows && is_added; i++) {
    memcpy(whole + i * width, c + i * x->stride, (size_t)columns * sizeof(float));
  }
  tile_of(x->level, rows)(whole, width, a, b, inner, x->scale, is_added ? adds : overwrites, next);
  for (int64_t i = 0; i < rows; i++) {
    memcpy(c + i * x->stride, whole + i * width, (size_t)columns * sizeof(float));
  }
}

/// Terms that are packed of one panel after the other where these lie side by side in memory.
#define PACKED_TERMS 32

static void pack_columns(const part *x, float *to, int64_t k, int64_t inner, int64_t packed,
                         int64_t begin, int64_t end, int64_t first_tile) {
  const level *l = x->level;
  const int64_t step = x->b.is_transposed ? inner : PACKED_TERMS;
  for (int64_t from = 0; from < inner; from += step) {
    for (int64_t t = first_tile; begin + t * l->tile_columns < end; t++) {
      const int64_t column = begin + t * l->tile_columns;
      l->pack_b(to + l->b_step * (t * packed + from), place(&x->b, k + from, column), x->b.stride,
                x->b.is_transposed, MIN(l->tile_columns, end - column), MIN(step, inner - from));
    }
  }
}

static void pack_panels(const part *x, float *to, int64_t k, int64_t inner, int64_t packed,
                        int64_t first, int64_t last) {
  const level *l = x->level;
  const int64_t step = x->a.is_transposed ? PACKED_TERMS : inner;
  for (int64_t from = 0; from < inner; from += step) {
    for (int64_t p = first; p < last; p++) {
      const int64_t row = panel_row(x, p);
      l->pack_a(to + l->a_step * (p * packed + from), place(&x->a, row, k + from), x->a.stride,
                !x->a.is_transposed, panel_row(x, p + 1) - row, MIN(step, inner - from));
    }
  }
}

/// Adds one block of the dot products of a block of columns; packs a if it is the first of these.
static void multiply_block(const part *x, int64_t column_block, int64_t inner_block,
                           float *packed_a, float *packed_b) {
  const level *l = x->level;
  const int64_t k = first_term(x, inner_block), inner = first_term(x, inner_block + 1) - k;
  const int64_t packed = SHARE(inner, l->inner_unit) * l->inner_unit;
  const int64_t begin = block_column(x, column_block), end = block_column(x, column_block + 1);
  const int64_t tiles = SHARE(end - begin, l->tile_columns);
  const int64_t turns = l->terms_per_turn ? SHARE(inner, l->terms_per_turn) : SHARE(l->tile_rows, 2);
  const bool is_added = x->accumulates || inner_block > 0;
  const bool reads_a = x->reads_in_place && x->a.is_transposed;
  const bool reads_b = x->reads_in_place && !x->b.is_transposed;
  const int64_t first_tile = reads_b ? (end - begin) / l->tile_columns : 0;
  pack_columns(x, packed_b, k, inner, packed, begin, end, first_tile);
  reading next = {.b = next_block_of_b(x, column_block, inner_block)};
  next.b_share = SHARE(next.b.count * next.b.lines, x->panels * tiles * turns);
  for (int64_t p = 0; p < x->panels; p++) {
    const int64_t row = panel_row(x, p), rows = panel_row(x, p + 1) - row;
    float *panel = packed_a + p * l->a_step * packed;
    if (column_block == 0 && !reads_a) {
      const int64_t count = panels_at_once(x);
      if (p % count == 0) {
        pack_panels(x, packed_a, k, inner, packed, p, MIN(x->panels, p + count));
        next.a = next_panels_of_a(x, p, inner_block);
        next.a_share = SHARE(next.a.count * next.a.lines, count * tiles * turns);
      }
    } else if (p + 1 < x->panels) {
      // Packed by an earlier block of columns, and no longer in the cache maybe.
      const int64_t floats = l->a_step * packed;
      next.a = (region){(const char *)(panel + floats), 0, floats / 16, 1, 0, 0};
      next.a_share = SHARE(next.a.lines, tiles * turns);
    }
    const steps a = reads_a ? (steps){place(&x->a, row, k), x->a.stride} : (steps){panel, l->a_step};
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t column = begin + t * l->tile_columns;
      const int64_t columns = MIN(l->tile_columns, end - column);
      const bool is_in_place = reads_b && columns == l->tile_columns;
      const steps b = is_in_place ? (steps){place(&x->b, k, column), x->b.stride}
                                  : (steps){packed_b + t * l->b_step * packed, l->b_step};
      float *c = x->c + row * x->stride + column;
      if (columns == l->tile_columns && (l->has_all_heights || rows == l->tile_rows)) {
        const writing how = is_added ? adds : x->streams ? streams : overwrites;
        tile_of(l, rows)(c, x->stride, a, b, inner, x->scale, how, &next);
      } else {
        partial_tile(x, c, rows, columns, a, b, inner, is_added, &next);
      }
    }
  }
}

void multiply(const level *l, float *c, int64_t stride, ck_operand a, ck_operand b, int64_t rows,
              int64_t columns, int64_t inner, float scale, bool accumulates) {
  const bool is_small = rows * columns * inner <= SMALL;
  part x = {.level = l, .c = c, .stride = stride, .a = a, .b = b, .scale = scale,
            .accumulates = accumulates, .inner = inner,
            .reads_in_place = l->reads_in_place && is_small,
            .asks_for_operands = !is_small,
            .streams = rows * columns > RESULT_BLOCK};
  x.inner_blocks = SHARE(inner, l->block_inner);
  const int64_t unit = MAX(8, l->inner_unit);
  x.inner_step = SHARE(SHARE(inner, x.inner_blocks), unit) * unit;
  float *packed_b = packed_memory();
  float *packed_a = packed_b + l->block_inner * SHARE(BLOCK_COLUMNS, l->tile_columns) * l->b_step;
  // Either c's blocks stay in the cache or, where even narrow ones could not, a is packed once only.
  const int64_t width = rows < RESULT_BLOCK / BLOCK_ROWS
                            ? RESULT_BLOCK / rows / MOST_TILE_COLUMNS * MOST_TILE_COLUMNS
                            : columns;
  for (int64_t row = 0; row < rows; row += BLOCK_ROWS) {
    x.first_row = row;
    x.rows = MIN(BLOCK_ROWS, rows - row);
    x.panels = SHARE(x.rows, l->tile_rows);
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
