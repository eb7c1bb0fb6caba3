// Matrix products for one instruction set; product.c includes this file once for each, with
//   LEVEL(name)    the name of a function for this instruction set
//   TARGET         the attribute that lets a function use it
//   VECTOR         floats of a register
//   TILE_ROWS      rows of a tile of the result, of which each takes TILE_VECTORS registers
//   FMA(a, b, c)   a · b + c

#define TILE_COLUMNS (TILE_VECTORS * VECTOR)
/// Floats between two steps of a packed panel of a: TILE_ROWS rounded up to whole eights.
#define PANEL_ROWS ((TILE_ROWS + 7) / 8 * 8)

typedef float LEVEL(vector) __attribute__((ext_vector_type(VECTOR)));

/// rows ≤ TILE_ROWS of TILE_COLUMNS columns of c: their sums stay in registers over `inner` steps of
/// the packed panels a and b. Asks for c's lines and for what comes later on the way.
#define TILE(count)                                                                               \
  TARGET static void LEVEL(tile_##count)(float *c, int64_t stride, const float *a, const float *b, \
                                         int64_t inner, float scale, int adds, reading *next) {   \
    LEVEL(vector) sum[count][TILE_VECTORS];                                                       \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) {                          \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < TILE_VECTORS; v++) sum[i][v] = 0;    \
    }                                                                                             \
    int64_t step = 0;                                                                             \
    for (int row = 0; row < count; row += 2) {                                                    \
      ask_for_result(c + row * stride, TILE_COLUMNS);                                             \
      if (row + 1 < count) ask_for_result(c + (row + 1) * stride, TILE_COLUMNS);                  \
      read_ahead(next);                                                                           \
      int64_t end = row + 2 >= count ? inner : inner * (row + 2) / count;                         \
      for (; step < end; step++, a += PANEL_ROWS, b += TILE_COLUMNS) {                            \
        LEVEL(vector) column[TILE_VECTORS];                                                       \
        memcpy(column, b, sizeof(column));                                                        \
        for (int line = 0; line < TILE_COLUMNS; line += 16) {                                     \
          __builtin_prefetch(b + AHEAD * TILE_COLUMNS + line, 0, 3);                                 \
        }                                                                                         \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) {                      \
          LEVEL(vector) factor = (LEVEL(vector))(a[i]);                                           \
          _Pragma("clang loop unroll(full)") for (int v = 0; v < TILE_VECTORS; v++) {             \
            sum[i][v] = FMA(factor, column[v], sum[i][v]);                                        \
          }                                                                                       \
        }                                                                                         \
      }                                                                                           \
    }                                                                                             \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) {                          \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < TILE_VECTORS; v++) {                 \
        float *place = c + i * stride + v * VECTOR;                                               \
        LEVEL(vector) old = 0;                                                                    \
        if (adds) memcpy(&old, place, sizeof(old));                                               \
        LEVEL(vector) value = FMA(sum[i][v], (LEVEL(vector))scale, old);                          \
        memcpy(place, &value, sizeof(value));                                                     \
      }                                                                                           \
    }                                                                                             \
  }

TILE(1)
TILE(2)
TILE(3)
#if TILE_ROWS > 3
TILE(4)
TILE(5)
TILE(6)
#endif
#if TILE_ROWS > 6
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
TILE(13)
TILE(14)
#endif

static const tile LEVEL(tiles)[TILE_ROWS] = {
    LEVEL(tile_1),  LEVEL(tile_2),  LEVEL(tile_3),
#if TILE_ROWS > 3
    LEVEL(tile_4),  LEVEL(tile_5),  LEVEL(tile_6),
#endif
#if TILE_ROWS > 6
    LEVEL(tile_7),  LEVEL(tile_8),  LEVEL(tile_9),  LEVEL(tile_10),
    LEVEL(tile_11), LEVEL(tile_12), LEVEL(tile_13), LEVEL(tile_14),
#endif
};

/// to[k · width + i] = from[i · stride + k] for count ≤ 8 rows i; zeros for the others up to 8.
TARGET static inline __attribute__((always_inline)) void LEVEL(pack_eight)(
    float *to, const int64_t width, const float *from, int64_t stride, const int64_t count,
    int64_t inner) {
  int64_t k = 0;
  for (; k + 8 <= inner; k += 8) {
    eight r[8], t[8];
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i++) {
      r[i] = 0;
      if (i < count) memcpy(&r[i], from + i * stride + k, sizeof(eight));
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i += 2) {
      t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
      t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i += 4) {
      r[i] = __builtin_shufflevector(t[i], t[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      r[i + 1] = __builtin_shufflevector(t[i], t[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
      r[i + 2] = __builtin_shufflevector(t[i + 1], t[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
      r[i + 3] = __builtin_shufflevector(t[i + 1], t[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) {
      t[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
      t[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i++) {
      memcpy(to + (k + i) * width, &t[i], sizeof(eight));
    }
  }
  for (; k < inner; k++) {
    for (int64_t i = 0; i < 8; i++) to[k * width + i] = i < count ? from[i * stride + k] : 0;
  }
}

/// to[k · width + i] = from[k · stride + i] for i < count; zeros up to the width where `fills`.
TARGET static inline __attribute__((always_inline)) void LEVEL(pack_steps)(
    float *to, const int64_t width, const float *from, int64_t stride, int64_t count,
    int64_t inner, int fills) {
  const int64_t half = width / 2;
  if (count == width) {
    for (int64_t k = 0; k < inner; k++) {
      memcpy(to + k * width, from + k * stride, (size_t)width * sizeof(float));
    }
  } else if (count >= half && !fills) {
    // Two halves that overlap.
    for (int64_t k = 0; k < inner; k++) {
      const float *step = from + k * stride;
      memcpy(to + k * width, step, (size_t)half * sizeof(float));
      memcpy(to + k * width + count - half, step + count - half, (size_t)half * sizeof(float));
    }
  } else {
    for (int64_t k = 0; k < inner; k++) {
      for (int64_t i = 0; i < width; i++) {
        to[k * width + i] = i < count ? from[k * stride + i] : 0;
      }
    }
  }
}

/// to[k · width + i] = from[i · stride + k] for i < count; zeros up to the next multiple of 8.
TARGET static inline __attribute__((always_inline)) void LEVEL(pack_rows)(
    float *to, const int64_t width, const float *from, int64_t stride, int64_t count,
    int64_t inner) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    LEVEL(pack_eight)(to + i, width, from + i * stride, stride, 8, inner);
  }
  if (i == count) return;
  if (i > 0 && width - i <= 8) {
    // The last eight rows overlap those before.
    LEVEL(pack_eight)(to + count - 8, width, from + (count - 8) * stride, stride, 8, inner);
  } else {
    LEVEL(pack_eight)(to + i, width, from + i * stride, stride, count - i, inner);
  }
}

TARGET static void LEVEL(pack_a)(float *to, const float *from, int64_t stride, int is_strided,
                                 int64_t count, int64_t inner) {
  if (is_strided) {
    LEVEL(pack_rows)(to, PANEL_ROWS, from, stride, count, inner);
  } else {
    LEVEL(pack_steps)(to, PANEL_ROWS, from, stride, count, inner, 0);
  }
}

TARGET static void LEVEL(pack_b)(float *to, const float *from, int64_t stride, int is_strided,
                                 int64_t count, int64_t inner) {
  if (is_strided && count == TILE_COLUMNS) {
    LEVEL(pack_rows)(to, TILE_COLUMNS, from, stride, TILE_COLUMNS, inner);
  } else if (is_strided) {
    for (int64_t i = 0; i < TILE_COLUMNS; i += 8) {
      LEVEL(pack_eight)(to + i, TILE_COLUMNS, from + i * stride, stride, MIN8(count - i), inner);
    }
  } else {
    LEVEL(pack_steps)(to, TILE_COLUMNS, from, stride, count, inner, 1);
  }
}

static const level LEVEL(level) = {TILE_ROWS,     TILE_COLUMNS,  PANEL_ROWS,
                                   LEVEL(tiles),  LEVEL(pack_a), LEVEL(pack_b)};

#undef TILE
#undef TILE_COLUMNS
#undef PANEL_ROWS
#undef LEVEL
#undef TARGET
#undef VECTOR
#undef TILE_ROWS
#undef TILE_VECTORS
#undef FMA
