#include <math.h>

#include "CKernels.h"
#include "bfloat16.h"
#include "lanes.h"

// One column a prediction, one row a class: what a product of the decoder's weights with a few hidden
// states gives without copying the weights into another order.

CK_CLONES void ck_cross_entropy_columns_forward(float *largest, int32_t *where, float *sums,
                                                const float *x, const float *bias, int64_t first,
                                                int64_t last, int64_t columns) {
  for (int64_t c = 0; c < columns; c += LANES) {
    lanes none = (lanes)(-INFINITY);
    lanes nothing = (lanes)(0.0f);
    int_lanes zero = (int_lanes)(0);
    memcpy(largest + c, &none, sizeof(none));
    memcpy(sums + c, &nothing, sizeof(nothing));
    memcpy(where + c, &zero, sizeof(zero));
  }
  for (int64_t r = first; r < last; r++) {
    const float b = bias ? bias[r] : 0.0f;
    for (int64_t c = 0; c < columns; c += LANES) {
      lanes z, top;
      int_lanes place;
      memcpy(&z, x + r * columns + c, sizeof(z));
      memcpy(&top, largest + c, sizeof(top));
      memcpy(&place, where + c, sizeof(place));
      z += b;
      int_lanes higher = z > top;
      top = SELECT(higher, z, top);
      place = (place & ~higher) | ((int_lanes)((int32_t)r) & higher);
      memcpy(largest + c, &top, sizeof(top));
      memcpy(where + c, &place, sizeof(place));
    }
  }
  for (int64_t r = first; r < last; r++) {
    const float b = bias ? bias[r] : 0.0f;
    for (int64_t c = 0; c < columns; c += LANES) {
      lanes z, top, sum;
      memcpy(&z, x + r * columns + c, sizeof(z));
      memcpy(&top, largest + c, sizeof(top));
      memcpy(&sum, sums + c, sizeof(sum));
      sum += EXP(z + b - top);
      memcpy(sums + c, &sum, sizeof(sum));
    }
  }
}

CK_CLONES void ck_cross_entropy_columns_combine(float *log_sum_exp, int32_t *best,
                                                const float *largest, const int32_t *where,
                                                const float *sums, int64_t pieces,
                                                int64_t columns) {
  for (int64_t c = 0; c < columns; c += LANES) {
    lanes peak = (lanes)(-INFINITY);
    int_lanes place = (int_lanes)(0);
    for (int64_t p = 0; p < pieces; p++) {
      lanes top;
      int_lanes here;
      memcpy(&top, largest + p * columns + c, sizeof(top));
      memcpy(&here, where + p * columns + c, sizeof(here));
      int_lanes higher = top > peak;
      peak = SELECT(higher, top, peak);
      place = (place & ~higher) | (here & higher);
    }
    lanes total = (lanes)(0.0f);
    for (int64_t p = 0; p < pieces; p++) {
      lanes top, sum;
      memcpy(&top, largest + p * columns + c, sizeof(top));
      memcpy(&sum, sums + p * columns + c, sizeof(sum));
      total += sum * EXP(top - peak);
    }
    for (int lane = 0; lane < LANES; lane++) {
      log_sum_exp[c + lane] = peak[lane] + logf(total[lane]);
      best[c + lane] = place[lane];
    }
  }
}

CK_CLONES void ck_cross_entropy_columns_backward(uint16_t *dx, float *dbias, const float *x,
                                                 const float *bias, const float *log_sum_exp,
                                                 const int32_t *labels, const float *scales,
                                                 int64_t first, int64_t last, int64_t columns) {
  for (int64_t r = first; r < last; r++) {
    const float b = bias ? bias[r] : 0.0f;
    lanes sum = (lanes)(0.0f);
    for (int64_t c = 0; c < columns; c += LANES) {
      lanes z, lse, scale;
      int_lanes label;
      memcpy(&z, x + r * columns + c, sizeof(z));
      memcpy(&lse, log_sum_exp + c, sizeof(lse));
      memcpy(&scale, scales + c, sizeof(scale));
      memcpy(&label, labels + c, sizeof(label));
      lanes d = scale * EXP(z + b - lse);
      d -= SELECT(label == (int32_t)r, scale, (lanes)(0.0f));
      sum += d;
      half_lanes half = ROUNDED(d);
      memcpy(dx + r * columns + c, &half, sizeof(half));
    }
    if (dbias) dbias[r] += SUM(sum);
  }
}
