#include "CKernels.h"
#include "lanes.h"

CK_CLONES void ck_rotary_rotate(float *x, int64_t stride, const int32_t *positions,
                                const float *cosines, const float *sines, float direction,
                                int64_t rows, int64_t heads, int64_t half) {
  for (int64_t r = 0; r < rows; r++, x += stride) {
    const float *c = cosines + positions[r] * half, *s = sines + positions[r] * half;
    for (int64_t h = 0; h < heads; h++) {
      float *first = x + 2 * h * half, *second = first + half;
      for (int64_t i = 0; i < half; i += LANES) {
        lanes a = READ(first, i, half), b = READ(second, i, half);
        lanes cosine = READ(c, i, half), sine = READ(s, i, half) * direction;
        WRITE(first, i, half, a * cosine - b * sine);
        WRITE(second, i, half, b * cosine + a * sine);
      }
    }
  }
}
