#include "CKernels.h"
#include "lanes.h"

CK_CLONES void ck_add(float *y, const float *a, const float *b, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) {
    WRITE(y, i, count, READ(a, i, count) + READ(b, i, count));
  }
}

CK_CLONES void ck_multiply(float *y, const float *a, const float *b, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) {
    WRITE(y, i, count, READ(a, i, count) * READ(b, i, count));
  }
}

CK_CLONES void ck_multiply_add(float *y, const float *a, const float *b, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) {
    WRITE(y, i, count, READ(y, i, count) + READ(a, i, count) * READ(b, i, count));
  }
}

CK_CLONES void ck_scale(float *y, const float *x, float scale, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) WRITE(y, i, count, READ(x, i, count) * scale);
}

CK_CLONES void ck_scale_add(float *y, const float *x, float scale, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) {
    WRITE(y, i, count, READ(y, i, count) + READ(x, i, count) * scale);
  }
}

CK_CLONES void ck_relu_forward(float *y, const float *x, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) {
    lanes v = READ(x, i, count);
    WRITE(y, i, count, SELECT(v < 0.0f, (lanes)(0.0f), v));
  }
}

CK_CLONES void ck_relu_backward(float *dx, const float *dy, const float *x, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) {
    int_lanes positive = READ(x, i, count) > 0.0f;
    WRITE(dx, i, count, SELECT(positive, READ(dy, i, count), (lanes)(0.0f)));
  }
}

// tanh x = 1 - 2 / (e^(2x) + 1); below 0.02 the series x - x³/3 keeps the digits.
CK_CLONES void ck_tanh_forward(float *y, const float *x, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) {
    lanes v = READ(x, i, count);
    lanes large = 1.0f - 2.0f / (EXP(2.0f * v) + 1.0f);
    lanes small = v - v * v * v * 0.33333333f;
    int_lanes tiny = ABS(v) < 0.02f;
    WRITE(y, i, count, SELECT(tiny, small, large));
  }
}

CK_CLONES void ck_tanh_backward(float *dx, const float *dy, const float *y, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) {
    lanes v = READ(y, i, count);
    WRITE(dx, i, count, READ(dy, i, count) * (1.0f - v * v));
  }
}

CK_CLONES double ck_sum(const float *x, int64_t count) {
  double_lanes total = (double_lanes)(0.0);
  for (int64_t i = 0; i < count; i += LANES) {
    total += __builtin_convertvector(STREAM(x, i, count), double_lanes);
  }
  return SUM(total);
}

CK_CLONES double ck_sum_of_squares(const float *x, int64_t count) {
  double_lanes total = (double_lanes)(0.0);
  for (int64_t i = 0; i < count; i += LANES) {
    double_lanes v = __builtin_convertvector(STREAM(x, i, count), double_lanes);
    total += v * v;
  }
  return SUM(total);
}
