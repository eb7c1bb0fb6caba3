#pragma once

#include "lanes.h"

// Φ(x) = 1 - erfc(x / √2) / 2. With u = |x| / √2 and t = 1 / (1 + 0.3 u), erfc(u) is
// e^(-u²) · t · P(t): P is fitted to erfcx(u) / t with a relative error below 2e-8, and the
// exponential is the one that the density in the gradient needs too.
#define GAUSSIAN(u) EXP(-(u) * (u))
#define CUMULATIVE(x, u, gaussian)                                            \
  ({                                                                          \
    lanes t_ = 1.0f / (1.0f + 0.3f * (u));                                    \
    lanes c_ = (lanes)(-0.129434179f);                                        \
    c_ = c_ * t_ + 0.485096943f;                                              \
    c_ = c_ * t_ - 0.511227495f;                                              \
    c_ = c_ * t_ + 0.546396295f;                                              \
    c_ = c_ * t_ - 0.0936321522f;                                             \
    c_ = c_ * t_ + 0.214436684f;                                              \
    c_ = c_ * t_ + 0.14848232f;                                               \
    c_ = c_ * t_ + 0.170691952f;                                              \
    c_ = c_ * t_ + 0.169189614f;                                              \
    c_ = 0.5f * (gaussian) * t_ * c_;                                         \
    SELECT((x) >= 0.0f, 1.0f - c_, c_);                                       \
  })
