#include <math.h>

#include "CKernels.h"
#include "lanes.h"

CK_CLONES void ck_softmax_forward(float *y, const float *x, float scale, int64_t rows,
                                  int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += columns, y += columns) {
    lanes top = (lanes)(-INFINITY);
    for (int64_t i = 0; i < columns; i += LANES) {
      top = MAX(top, READ_FILL(x, i, columns, -INFINITY));
    }
    const float largest = LARGEST(top);
    lanes total = (lanes)(0.0f);
    for (int64_t i = 0; i < columns; i += LANES) {
      lanes e = EXP((READ_FILL(x, i, columns, -INFINITY) - largest) * scale);
      if (columns - i < LANES) {
        int_lanes inside = BITS(int_lanes, COUNTING) < (int32_t)(columns - i);
        e = SELECT(inside, e, (lanes)(0.0f));
      }
      total += e;
      WRITE(y, i, columns, e);
    }
    const float inverse = 1.0f / SUM(total);
    for (int64_t i = 0; i < columns; i += LANES) {
      WRITE(y, i, columns, READ(y, i, columns) * inverse);
    }
  }
}

CK_CLONES void ck_softmax_backward(float *dx, const float *dy, const float *y, float scale,
                                   int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, dx += columns, dy += columns, y += columns) {
    lanes products = (lanes)(0.0f);
    for (int64_t i = 0; i < columns; i += LANES) {
      products += READ(dy, i, columns) * READ(y, i, columns);
    }
    const float total = SUM(products);
    for (int64_t i = 0; i < columns; i += LANES) {
      WRITE(dx, i, columns, scale * READ(y, i, columns) * (READ(dy, i, columns) - total));
    }
  }
}
