#include "CKernels.h"
#include "lanes.h"

CK_CLONES void ck_dropout_apply(float *y, const float *x, int64_t first, int64_t count,
                                ck_dropout dropout) {
  for (int64_t i = 0; i < count; i += LANES) {
    lanes v = READ(x, i, count);
    WRITE(y, i, count, DROP(v, dropout, first + i));
  }
}
