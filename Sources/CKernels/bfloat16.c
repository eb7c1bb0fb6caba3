#include "CKernels.h"
#include "lanes.h"

typedef uint16_t half_lanes __attribute__((ext_vector_type(LANES)));

// Round to nearest, ties to even, by adding half of the last bit that stays; what is no number stays
// none because its quiet bit is set.
#define ROUNDED(value)                                                        \
  ({                                                                          \
    lanes v_ = (value);                                                       \
    word_lanes b_ = BITS(word_lanes, v_);                                     \
    word_lanes r_ = (b_ + 0x7FFFu + ((b_ >> 16) & 1u)) >> 16;                 \
    word_lanes n_ = BITS(word_lanes, v_ != v_);                               \
    r_ = (r_ & ~n_) | (((b_ >> 16) | 0x40u) & n_);                            \
    __builtin_convertvector(r_, half_lanes);                                  \
  })

CK_CLONES void ck_to_bfloat16(uint16_t *y, const float *x, int64_t count) {
  for (int64_t i = 0; i < count; i += LANES) {
    half_lanes half = ROUNDED(READ(x, i, count));
    const int64_t rest = count - i < LANES ? count - i : LANES;
    memcpy(y + i, &half, (size_t)rest * sizeof(uint16_t));
  }
}
