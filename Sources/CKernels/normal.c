#include "CKernels.h"
#include "lanes.h"

// ln u for u in (0, 1]: the exponent, and a polynomial of degree 9 on [√½, √2).
#define LOG(value)                                                            \
  ({                                                                          \
    word_lanes w_ = BITS(word_lanes, (value)) - 0x3F3504F3u;                  \
    lanes e_ = __builtin_convertvector(BITS(int_lanes, w_) >> 23, lanes);     \
    lanes m_ = BITS(lanes, (w_ & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;          \
    lanes p_ = (lanes)(7.0376836292e-2f);                                     \
    p_ = p_ * m_ - 1.1514610310e-1f;                                          \
    p_ = p_ * m_ + 1.1676998740e-1f;                                          \
    p_ = p_ * m_ - 1.2420140846e-1f;                                          \
    p_ = p_ * m_ + 1.4249322787e-1f;                                          \
    p_ = p_ * m_ - 1.6668057665e-1f;                                          \
    p_ = p_ * m_ + 2.0000714765e-1f;                                          \
    p_ = p_ * m_ - 2.4999993993e-1f;                                          \
    p_ = p_ * m_ + 3.3333331174e-1f;                                          \
    p_ * m_ * m_ * m_ - 0.5f * m_ * m_ + m_ + e_ * 0.69314718f;               \
  })

// Box and Muller 1958. Element pairs lie sixteen apart, so that a pair of lanes makes both. The
// angle is a quarter turn times q plus one in [-π/4, π/4): where the turn begins does not matter.
CK_CLONES void ck_normal_fill(float *y, uint64_t key, float deviation, int64_t first,
                              int64_t count) {
  for (int64_t i = 0; i < count; i += 2 * LANES) {
    const uint32_t index = (uint32_t)((first + i) / 2);
    word_lanes a = HASH(key, index + COUNTING);
    word_lanes b = HASH(key ^ 0x9E3779B97F4A7C15u, index + COUNTING);
    lanes u = (__builtin_convertvector(a >> 8, lanes) + 1.0f) * 0x1p-24f;
    lanes radius = SQRT(-2.0f * LOG(u)) * deviation;
    lanes v = __builtin_convertvector((b >> 6) & 0x00FFFFFFu, lanes) * 0x1p-24f;
    lanes x = (v - 0.5f) * 1.57079633f;
    lanes z = x * x;
    lanes s = x + x * z * ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f);
    lanes c = 1.0f - 0.5f * z +
              z * z * ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z +
                       4.166664568298827e-2f);
    word_lanes q = b >> 30;
    int_lanes odd = (q & 1u) != 0u, upper = (q & 2u) != 0u;
    lanes sine = SELECT(odd, c, s), cosine = SELECT(odd, s, c);
    int_lanes flip = odd ^ upper;
    cosine = SELECT(flip, -cosine, cosine);
    sine = SELECT(upper, -sine, sine);
    WRITE(y, i, count, radius * cosine);
    if (i + LANES < count) WRITE(y, i + LANES, count, radius * sine);
  }
}
