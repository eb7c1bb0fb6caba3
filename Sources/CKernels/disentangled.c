#include "CKernels.h"

void ck_disentangled_forward(float *scores, const float *query, const float *keys,
                             const int32_t *rows, int64_t count, int64_t columns) {
  for (int64_t j = 0; j < count; j++) {
    const int64_t row = rows[-j];
    if (query) scores[j] += query[row];
    if (keys) scores[j] += keys[j * columns + row];
  }
}

void ck_disentangled_backward(float *dquery, float *dkeys, const float *dscores,
                              const int32_t *rows, int64_t count, int64_t columns) {
  for (int64_t j = 0; j < count; j++) {
    const int64_t row = rows[-j];
    if (dquery) dquery[row] += dscores[j];
    if (dkeys) dkeys[j * columns + row] += dscores[j];
  }
}
