// Sixteen lanes of floats, the way every kernel here is written: one vector register with AVX-512,
// two with AVX2, four with SSE2 or NEON. Macros and not functions, because passing vectors between
// functions of different instruction sets changes their calling convention.
#pragma once

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define CK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_CLONES
#endif

#define LANES 16

typedef float lanes __attribute__((ext_vector_type(LANES)));
typedef int32_t int_lanes __attribute__((ext_vector_type(LANES)));
typedef uint32_t word_lanes __attribute__((ext_vector_type(LANES)));
typedef double double_lanes __attribute__((ext_vector_type(LANES)));

/// The lanes at `p[i]`, of which those from `n` on read as `fill`.
#define READ_FILL(p, i, n, fill)                                              \
  ({                                                                          \
    lanes read_;                                                              \
    if (__builtin_expect((n) - (i) >= LANES, 1)) {                            \
      memcpy(&read_, (p) + (i), sizeof(read_));                               \
    } else {                                                                  \
      read_ = (lanes)(fill);                                                  \
      memcpy(&read_, (p) + (i), (size_t)((n) - (i)) * sizeof(float));         \
    }                                                                         \
    read_;                                                                    \
  })

#define READ(p, i, n) READ_FILL(p, i, n, 0.0f)

/// `READ` of what lies in memory or a shared cache: asks for what comes 4 KiB later, since the
/// processor's own prefetching ends at the page and one stream alone gets half of the memory's rate.
#define STREAM(p, i, n)                                                       \
  ({                                                                          \
    __builtin_prefetch((p) + (i) + 1024, 0, 3);                               \
    READ(p, i, n);                                                            \
  })

/// Stores the lanes at `p[i]` that lie before `n`.
#define WRITE(p, i, n, value)                                                 \
  do {                                                                        \
    lanes write_ = (value);                                                   \
    if (__builtin_expect((n) - (i) >= LANES, 1)) {                            \
      memcpy((p) + (i), &write_, sizeof(write_));                             \
    } else {                                                                  \
      memcpy((p) + (i), &write_, (size_t)((n) - (i)) * sizeof(float));        \
    }                                                                         \
  } while (0)

#define MAX(a, b) __builtin_elementwise_max(a, b)
#define MIN(a, b) __builtin_elementwise_min(a, b)
#define ABS(a) __builtin_elementwise_abs(a)
#define SQRT(a) __builtin_elementwise_sqrt(a)
#define BITS(type, a)                                                         \
  ({                                                                          \
    __typeof__(a) from_ = (a);                                                \
    type to_;                                                                 \
    memcpy(&to_, &from_, sizeof(to_));                                        \
    to_;                                                                      \
  })
#define SELECT(mask, a, b)                                                    \
  BITS(lanes, (BITS(int_lanes, a) & (mask)) | (BITS(int_lanes, b) & ~(mask)))

/// The lanes' sum, in a fixed tree.
#define SUM(a)                                                                \
  ({                                                                          \
    __typeof__((a).lo) eight_ = (a).lo + (a).hi;                              \
    __typeof__(eight_.lo) four_ = eight_.lo + eight_.hi;                      \
    __typeof__(four_.lo) two_ = four_.lo + four_.hi;                          \
    two_.x + two_.y;                                                          \
  })

#define LARGEST(a)                                                            \
  ({                                                                          \
    __typeof__((a).lo) eight_ = MAX((a).lo, (a).hi);                          \
    __typeof__(eight_.lo) four_ = MAX(eight_.lo, eight_.hi);                  \
    __typeof__(four_.lo) two_ = MAX(four_.lo, four_.hi);                      \
    two_.x > two_.y ? two_.x : two_.y;                                        \
  })

/// e^x by a polynomial of degree 7 on [-ln 2 / 2, ln 2 / 2]; relative error below 2e-7. What is no
/// number stays none, so that a loss shows that a run diverged.
#define EXP(value)                                                            \
  ({                                                                          \
    lanes x_ = (value);                                                       \
    x_ = SELECT(x_ < -87.3f, (lanes)(-87.3f), x_);                            \
    x_ = SELECT(x_ > 88.0f, (lanes)(88.0f), x_);                              \
    lanes shifted_ = x_ * 1.44269504f + 12582912.0f;                          \
    lanes n_ = shifted_ - 12582912.0f;                                        \
    lanes r_ = x_ - n_ * 0.693359375f + n_ * 2.12194440e-4f;                  \
    lanes e_ = (lanes)(1.9875691500e-4f);                                     \
    e_ = e_ * r_ + 1.3981999507e-3f;                                          \
    e_ = e_ * r_ + 8.3334519073e-3f;                                          \
    e_ = e_ * r_ + 4.1665795894e-2f;                                          \
    e_ = e_ * r_ + 1.6666665459e-1f;                                          \
    e_ = e_ * r_ + 5.0000001201e-1f;                                          \
    e_ = e_ * (r_ * r_) + r_ + 1.0f;                                          \
    word_lanes p_ = (BITS(word_lanes, shifted_) + 127u) << 23;                \
    e_ * BITS(lanes, p_);                                                     \
  })

/// Murmur3's finalizer over (key, index): 32 bits that look independent for neighbouring indices
/// and keys. The key is mixed first, once outside of the loop, because its upper half passes through
/// one multiplication only.
#define HASH(key, index)                                                      \
  ({                                                                          \
    uint64_t k_ = (key);                                                      \
    k_ = (k_ ^ k_ >> 32) * 0xD6E8FEB86659FD93u;                               \
    k_ = (k_ ^ k_ >> 32) * 0xD6E8FEB86659FD93u;                               \
    k_ ^= k_ >> 32;                                                           \
    word_lanes h_ = (index) * 0x9E3779B1u + (uint32_t)k_;                     \
    h_ ^= h_ >> 16;                                                           \
    h_ *= 0x85EBCA6Bu;                                                        \
    h_ ^= (uint32_t)(k_ >> 32);                                               \
    h_ ^= h_ >> 13;                                                           \
    h_ *= 0xC2B2AE35u;                                                        \
    h_ ^= h_ >> 16;                                                           \
    h_;                                                                       \
  })

#define COUNTING                                                              \
  ((word_lanes){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})

/// `x / (1 - p)` where element `index` of the stream `key` is kept, else 0.
#define DROP(x, dropout, index)                                               \
  ({                                                                          \
    word_lanes draw_ = HASH((dropout).key, (uint32_t)(index) + COUNTING);     \
    int_lanes keep_ = draw_ >= (dropout).threshold;                           \
    BITS(lanes, BITS(int_lanes, (x) * (dropout).scale) & keep_);              \
  })
