#include "CKernels.h"
#include "gelu.h"

CK_CLONES void ck_gelu_forward(float *y, const float *x, const float *bias, int64_t rows,
                               int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += columns, y += columns) {
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = STREAM(x, i, columns);
      if (bias) v += READ(bias, i, columns);
      lanes u = ABS(v) * 0.70710678f;
      lanes gaussian = GAUSSIAN(u);
      WRITE(y, i, columns, v * CUMULATIVE(v, u, gaussian));
    }
  }
}

// d/dx x Φ(x) = Φ(x) + x φ(x), φ(x) = e^(-x²/2) / √(2π).
CK_CLONES void ck_gelu_backward(float *dx, float *y, const float *dy, const float *x,
                                const float *bias, float *dbias, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += columns, dx += columns, dy += columns) {
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = STREAM(x, i, columns);
      if (bias) v += READ(bias, i, columns);
      lanes u = ABS(v) * 0.70710678f;
      lanes gaussian = GAUSSIAN(u);
      lanes cumulative = CUMULATIVE(v, u, gaussian);
      if (y) WRITE(y + r * columns, i, columns, v * cumulative);
      lanes slope = cumulative + v * gaussian * 0.39894228f;
      lanes d = STREAM(dy, i, columns) * slope;
      WRITE(dx, i, columns, d);
      if (dbias) WRITE(dbias, i, columns, READ(dbias, i, columns) + d);
    }
  }
}
