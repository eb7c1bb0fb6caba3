#include "bfloat16.h"

#include "CKernels.h"

CK_CLONES void ck_to_bfloat16(uint16_t *y, const float *x, int64_t count) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes whole;
    memcpy(&whole, x + i, sizeof(whole));
    half_lanes half = ROUNDED(whole);
    memcpy(y + i, &half, sizeof(half));
  }
  if (i < count) {
    half_lanes half = ROUNDED(READ(x, i, count));
    memcpy(y + i, &half, (size_t)(count - i) * sizeof(uint16_t));
  }
}

CK_CLONES void ck_to_bfloat16_transposed(uint16_t *y, const float *x, int64_t rows, int64_t padded,
                                         int64_t columns, int64_t from, int64_t to) {
  // Tiles of 32 rows and 16 columns: two rows are one word, so a column of a tile is a cache line.
  for (int64_t c = from; c < to; c += LANES) {
    const int64_t width = to - c < LANES ? to - c : LANES;
    for (int64_t r = 0; r < padded; r += 2 * LANES) {
      uint32_t tile[LANES][LANES];
      const int64_t height = padded - r < 2 * LANES ? padded - r : 2 * LANES;
      for (int64_t pair = 0; pair < height / 2; pair++) {
        const int64_t row = r + 2 * pair;
        word_lanes low = (word_lanes)(0), high = (word_lanes)(0);
        if (row < rows) low = ROUNDED_WORDS(READ(x + row * columns, c, to));
        if (row + 1 < rows) high = ROUNDED_WORDS(READ(x + (row + 1) * columns, c, to));
        word_lanes both = low | high << 16;
        memcpy(tile[pair], &both, sizeof(both));
      }
      for (int64_t column = 0; column < width; column++) {
        uint32_t line[LANES];
        for (int64_t pair = 0; pair < LANES; pair++) line[pair] = tile[pair][column];
        uint16_t *to_line = y + (c + column) * padded + r;
        if (height == 2 * LANES) {
          memcpy(to_line, line, sizeof(line));
        } else {
          memcpy(to_line, line, sizeof(line) / 2);
        }
      }
    }
  }
}
