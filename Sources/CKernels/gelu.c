#include "CKernels.h"
#include "lanes.h"

// Φ(x) = 1 - erfc(x / √2) / 2. With u = |x| / √2 and t = 1 / (1 + 0.3 u), erfc(u) is
// e^(-u²) · t · P(t): P is fitted to erfcx(u) / t with a relative error below 2e-8, and the
// exponential is the one that the density in the gradient needs too.
#define GAUSSIAN(u) EXP(-(u) * (u))
#define CUMULATIVE(x, u, gaussian)                                            \
  ({                                                                          \
    lanes t_ = 1.0f / (1.0f + 0.3f * (u));                                    \
    lanes c_ = (lanes)(-0.129434179f);                                        \
    c_ = c_ * t_ + 0.485096943f;                                              \
    c_ = c_ * t_ - 0.511227495f;                                              \
    c_ = c_ * t_ + 0.546396295f;                                              \
    c_ = c_ * t_ - 0.0936321522f;                                             \
    c_ = c_ * t_ + 0.214436684f;                                              \
    c_ = c_ * t_ + 0.14848232f;                                               \
    c_ = c_ * t_ + 0.170691952f;                                              \
    c_ = c_ * t_ + 0.169189614f;                                              \
    c_ = 0.5f * (gaussian) * t_ * c_;                                         \
    SELECT((x) >= 0.0f, 1.0f - c_, c_);                                       \
  })

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
CK_CLONES void ck_gelu_backward(float *dx, const float *dy, const float *x, const float *bias,
                                float *dbias, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += columns, dx += columns, dy += columns) {
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = STREAM(x, i, columns);
      if (bias) v += READ(bias, i, columns);
      lanes u = ABS(v) * 0.70710678f;
      lanes gaussian = GAUSSIAN(u);
      lanes slope = CUMULATIVE(v, u, gaussian) + v * gaussian * 0.39894228f;
      lanes d = STREAM(dy, i, columns) * slope;
      WRITE(dx, i, columns, d);
      if (dbias) WRITE(dbias, i, columns, READ(dbias, i, columns) + d);
    }
  }
}
