#include "bfloat16.h"

#include "CKernels.h"

CK_CLONES void ck_to_bfloat16(uint16_t *y, const float *x, int64_t count) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    half_lanes half = ROUNDED(STREAM(x, i, count));
    memcpy(y + i, &half, sizeof(half));
  }
  if (i < count) {
    half_lanes half = ROUNDED(READ(x, i, count));
    memcpy(y + i, &half, (size_t)(count - i) * sizeof(uint16_t));
  }
}

#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31

// Interleaving row i with row i + 8 four times turns rows into columns.
#define TURN(to, from)                                                        \
  for (int i_ = 0; i_ < LANES / 2; i_++) {                                    \
    (to)[2 * i_] = __builtin_shufflevector((from)[i_], (from)[i_ + 8], LOW);  \
    (to)[2 * i_ + 1] =                                                        \
        __builtin_shufflevector((from)[i_], (from)[i_ + 8], HIGH);            \
  }

// How many columns ahead a tile is asked for.
#define AHEAD 64

CK_CLONES void ck_to_bfloat16_transposed(uint16_t *y, const float *x, int64_t rows, int64_t padded,
                                         int64_t columns, int64_t from, int64_t to) {
  // Tiles of 32 rows and 16 columns: two rows are one word, so a column of a tile is a cache line.
  // Rows come first, because reading 32 of them side by side is what a prefetch can follow.
  for (int64_t r = 0; r < padded; r += 2 * LANES) {
    for (int64_t c = from; c < to; c += LANES) {
      const int64_t width = to - c < LANES ? to - c : LANES;
      word_lanes tile[LANES], turned[LANES];
      const int64_t height = padded - r < 2 * LANES ? padded - r : 2 * LANES;
      for (int64_t pair = 0; pair < height / 2; pair++) {
        const int64_t row = r + 2 * pair;
        const float *upper = x + row * columns, *lower = upper + columns;
        word_lanes low = (word_lanes)(0), high = (word_lanes)(0);
        __builtin_prefetch(upper + c + AHEAD, 0, 3);
        __builtin_prefetch(lower + c + AHEAD, 0, 3);
        if (row < rows) low = ROUNDED_WORDS(READ(upper, c, to));
        if (row + 1 < rows) high = ROUNDED_WORDS(READ(lower, c, to));
        tile[pair] = low | high << 16;
      }
      for (int64_t pair = height / 2; pair < LANES; pair++) tile[pair] = (word_lanes)(0);
      TURN(turned, tile)
      TURN(tile, turned)
      TURN(turned, tile)
      TURN(tile, turned)
      for (int64_t column = 0; column < width; column++) {
        uint16_t *line = y + (c + column) * padded + r;
        __builtin_prefetch(line + LANES * padded, 1, 3);
        if (height == 2 * LANES) {
          memcpy(line, &tile[column], sizeof(tile[column]));
        } else {
          memcpy(line, &tile[column], sizeof(tile[column]) / 2);
        }
      }
    }
  }
}
