#include <math.h>

#include "CKernels.h"
#include "lanes.h"

#define LOGITS(end, fill)                                                     \
  ({                                                                          \
    lanes z_ = READ_FILL(x, i, end, fill);                                    \
    if (bias) z_ += READ(bias, i, end);                                       \
    z_;                                                                       \
  })

CK_CLONES void ck_cross_entropy_forward(float *loss, float *log_sum_exp, int32_t *largest,
                                        const float *x, const float *bias, const int32_t *labels,
                                        int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += columns) {
    lanes top = (lanes)(-INFINITY);
    int_lanes where = (int_lanes)(0);
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes z = LOGITS(columns, -INFINITY);
      int_lanes higher = z > top;
      top = SELECT(higher, z, top);
      where = (where & ~higher) | ((BITS(int_lanes, COUNTING) + (int32_t)i) & higher);
    }
    const float peak = LARGEST(top);
    int32_t best = INT32_MAX;
    for (int lane = 0; lane < LANES; lane++) {
      if (top[lane] == peak && where[lane] < best) best = where[lane];
    }
    lanes total = (lanes)(0.0f);
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes e = EXP(LOGITS(columns, -INFINITY) - peak);
      if (columns - i < LANES) {
        int_lanes inside = BITS(int_lanes, COUNTING) < (int32_t)(columns - i);
        e = SELECT(inside, e, (lanes)(0.0f));
      }
      total += e;
    }
    const float lse = peak + logf(SUM(total));
    const float target = x[labels[r]] + (bias ? bias[labels[r]] : 0.0f);
    log_sum_exp[r] = lse;
    loss[r] = lse - target;
    largest[r] = best == INT32_MAX ? 0 : best;
  }
}

CK_CLONES void ck_cross_entropy_backward(float *dx, float *dbias, const float *x,
                                         const float *bias, const float *log_sum_exp,
                                         const int32_t *labels, float scale, int64_t rows,
                                         int64_t columns, int64_t from, int64_t to) {
  for (int64_t r = 0; r < rows; r++, x += columns, dx += columns) {
    for (int64_t i = from; i < to; i += LANES) {
      lanes d = scale * EXP(LOGITS(to, -INFINITY) - log_sum_exp[r]);
      const int64_t lane = labels[r] - i;
      if (lane >= 0 && lane < LANES) d[lane] -= scale;
      WRITE(dx, i, to, d);
      if (dbias) WRITE(dbias, i, to, READ(dbias, i, to) + d);
    }
  }
}
