// Rounding lanes of floats to bfloat16.
#pragma once

#include "lanes.h"

typedef uint16_t half_lanes __attribute__((ext_vector_type(LANES)));

/// Round to nearest, ties to even, by adding half of the last bit that stays, as 16 bits in 32; what is
/// no number stays none because its quiet bit is set.
#define ROUNDED_WORDS(value)                                                  \
  ({                                                                          \
    lanes v_ = (value);                                                       \
    word_lanes b_ = BITS(word_lanes, v_);                                     \
    word_lanes r_ = (b_ + 0x7FFFu + ((b_ >> 16) & 1u)) >> 16;                 \
    word_lanes n_ = BITS(word_lanes, v_ != v_);                               \
    (r_ & ~n_) | (((b_ >> 16) | 0x40u) & n_);                                 \
  })

#define ROUNDED(value) __builtin_convertvector(ROUNDED_WORDS(value), half_lanes)
