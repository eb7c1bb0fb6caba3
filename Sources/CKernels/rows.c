#include "CKernels.h"
#include "lanes.h"

void ck_rows_gather(float *y, const float *x, const int32_t *rows, int64_t count,
                    int64_t columns) {
  for (int64_t r = 0; r < count; r++) {
    memcpy(y + r * columns, x + rows[r] * columns, (size_t)columns * sizeof(float));
  }
}

CK_CLONES void ck_rows_gather_add(float *y, const float *x, const int32_t *rows, int64_t count,
                                  int64_t columns) {
  for (int64_t r = 0; r < count; r++, y += columns) {
    const float *from = x + rows[r] * columns;
    for (int64_t i = 0; i < columns; i += LANES) {
      WRITE(y, i, columns, READ(y, i, columns) + READ(from, i, columns));
    }
  }
}

CK_CLONES void ck_rows_scatter_add(float *x, const float *y, const int32_t *rows, int64_t count,
                                   int64_t columns, int64_t from, int64_t to) {
  for (int64_t r = 0; r < count; r++, y += columns) {
    float *into = x + rows[r] * columns;
    for (int64_t i = from; i < to; i += LANES) {
      WRITE(into, i, to, READ(into, i, to) + READ(y, i, to));
    }
  }
}

CK_CLONES void ck_rows_add_bias(float *y, const float *bias, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, y += columns) {
    for (int64_t i = 0; i < columns; i += LANES) {
      WRITE(y, i, columns, READ(y, i, columns) + READ(bias, i, columns));
    }
  }
}

CK_CLONES void ck_columns_sum(float *sums, const float *x, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += columns) {
    for (int64_t i = 0; i < columns; i += LANES) {
      WRITE(sums, i, columns, READ(sums, i, columns) + STREAM(x, i, columns));
    }
  }
}
