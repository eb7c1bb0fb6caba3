#include "CKernels.h"
#include "lanes.h"

// x (1 + tanh z) / 2 = x / (1 + e^(-2z)) with z = √(2/π) (x + 0.044715 x³). Below -10, where that is 0 in
// floats, x is held there; so it is past 10 on the way back, where its square must not become infinite.
#define TWICE_Z(x) ((x) * (1.5957691216f + 0.0713548163f * (x) * (x)))
#define TWICE_Z_SLOPE(x) (1.5957691216f + 0.2140644488f * (x) * (x))

CK_CLONES void ck_gelu_tanh_forward(float *y, const float *x, const float *bias, int64_t rows,
                                    int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += columns, y += columns) {
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = READ(x, i, columns);
      if (bias) v += READ(bias, i, columns);
      v = SELECT(v < -10.0f, (lanes)(-10.0f), v);
      WRITE(y, i, columns, v / (1.0f + EXP(-TWICE_Z(v))));
    }
  }
}

// With s = 1 / (1 + e^(-2z)) the slope is s + x s (1 - s) (2z)'.
CK_CLONES void ck_gelu_tanh_backward(float *dx, float *y, const float *dy, const float *x,
                                     const float *bias, float *dbias, int64_t rows,
                                     int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += columns, dx += columns, dy += columns) {
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = READ(x, i, columns);
      if (bias) v += READ(bias, i, columns);
      v = SELECT(v < -10.0f, (lanes)(-10.0f), v);
      if (y) WRITE(y + r * columns, i, columns, v / (1.0f + EXP(-TWICE_Z(v))));
      v = SELECT(v > 10.0f, (lanes)(10.0f), v);
      lanes e = EXP(-TWICE_Z(v));
      lanes s = 1.0f / (1.0f + e);
      lanes slope = s + v * s * (e * s) * TWICE_Z_SLOPE(v);
      lanes d = READ(dy, i, columns) * slope;
      WRITE(dx, i, columns, d);
      if (dbias) WRITE(dbias, i, columns, READ(dbias, i, columns) + d);
    }
  }
}
