#include "CKernels.h"

void ck_neighbours_forward(float *y, const float *x, int64_t rows, int64_t columns,
                           int64_t size) {
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t t = 0; t < size; t++) {
      const int64_t from = r + t - size / 2;
      const int inside = 0 <= from && from < rows;
      for (int64_t c = 0; c < columns; c++) {
        y[(r * columns + c) * size + t] = inside ? x[from * columns + c] : 0.0f;
      }
    }
  }
}

void ck_neighbours_backward(float *dx, const float *dy, int64_t rows, int64_t columns,
                            int64_t size) {
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t c = 0; c < columns; c++) dx[r * columns + c] = 0.0f;
    for (int64_t t = 0; t < size; t++) {
      const int64_t to = r - t + size / 2;
      if (to < 0 || to >= rows) continue;
      for (int64_t c = 0; c < columns; c++) {
        dx[r * columns + c] += dy[(to * columns + c) * size + t];
      }
    }
  }
}
