#include <math.h>

#include "CKernels.h"
#include "lanes.h"

CK_CLONES void ck_layer_norm_forward(float *y, float *sum, float *mean, float *rstd,
                                     const float *x, const float *bias, const float *residual,
                                     const float *gamma, const float *beta, float epsilon,
                                     int64_t rows, int64_t columns, int64_t first,
                                     ck_dropout dropout) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t row = r * columns;
    lanes total = (lanes)(0.0f);
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = STREAM(x + row, i, columns);
      if (bias) v += READ(bias, i, columns);
      if (dropout.threshold) v = DROP(v, dropout, first + row + i);
      if (residual) v += STREAM(residual + row, i, columns);
      if (columns - i < LANES) {
        int_lanes inside = BITS(int_lanes, COUNTING) < (int32_t)(columns - i);
        v = SELECT(inside, v, (lanes)(0.0f));
      }
      total += v;
      WRITE(sum + row, i, columns, v);
    }
    const float m = SUM(total) / (float)columns;
    lanes squares = (lanes)(0.0f);
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = READ_FILL(sum + row, i, columns, m) - m;
      squares += v * v;
    }
    const float s = 1.0f / sqrtf(SUM(squares) / (float)columns + epsilon);
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes v = (READ(sum + row, i, columns) - m) * s;
      lanes shift = beta ? READ(beta, i, columns) : (lanes)(0.0f);
      WRITE(y + row, i, columns, v * READ(gamma, i, columns) + shift);
    }
    mean[r] = m;
    rstd[r] = s;
  }
}

// With h = (s - mean) · rstd and g = dy · gamma: ds = rstd · (g - mean(g) - h · mean(g · h)).
CK_CLONES void ck_layer_norm_backward(float *dsum, float *dx, float *dgamma, float *dbeta,
                                      float *dbias, const float *dy, const float *sum,
                                      const float *mean, const float *rstd, const float *gamma,
                                      int64_t rows, int64_t columns, int64_t first,
                                      ck_dropout dropout) {
  for (int64_t r = 0; r < rows; r++) {
    const int64_t row = r * columns;
    const float m = mean[r], s = rstd[r];
    lanes total = (lanes)(0.0f), product = (lanes)(0.0f);
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes d = STREAM(dy + row, i, columns);
      __builtin_prefetch(sum + row + i + 1024, 0, 3);
      lanes h = (READ_FILL(sum + row, i, columns, m) - m) * s;
      lanes g = d * READ(gamma, i, columns);
      total += g;
      product += g * h;
      WRITE(dgamma, i, columns, READ(dgamma, i, columns) + d * h);
      WRITE(dbeta, i, columns, READ(dbeta, i, columns) + d);
    }
    const float a = SUM(total) / (float)columns, b = SUM(product) / (float)columns;
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes h = (READ(sum + row, i, columns) - m) * s;
      lanes g = READ(dy + row, i, columns) * READ(gamma, i, columns);
      lanes d = s * (g - a - h * b);
      WRITE(dsum + row, i, columns, d);
      if (dx) {
        if (dropout.threshold) d = DROP(d, dropout, first + row + i);
        WRITE(dx + row, i, columns, d);
        if (dbias) WRITE(dbias, i, columns, READ(dbias, i, columns) + d);
      }
    }
  }
}
