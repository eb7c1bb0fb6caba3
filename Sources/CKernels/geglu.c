#include "CKernels.h"
#include "gelu.h"

CK_CLONES void ck_geglu_forward(float *y, const float *x, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += 2 * columns, y += columns) {
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = READ(x, i, columns);
      lanes u = ABS(v) * 0.70710678f;
      lanes gaussian = GAUSSIAN(u);
      WRITE(y, i, columns, v * CUMULATIVE(v, u, gaussian) * READ(x + columns, i, columns));
    }
  }
}

CK_CLONES void ck_geglu_backward(float *dx, const float *dy, const float *x, int64_t rows,
                                 int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += 2 * columns, dx += 2 * columns, dy += columns) {
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = READ(x, i, columns);
      lanes d = READ(dy, i, columns);
      lanes u = ABS(v) * 0.70710678f;
      lanes gaussian = GAUSSIAN(u);
      lanes share = CUMULATIVE(v, u, gaussian);
      lanes slope = share + v * gaussian * 0.39894228f;
      WRITE(dx, i, columns, d * READ(x + columns, i, columns) * slope);
      WRITE(dx + columns, i, columns, d * v * share);
    }
  }
}
