// Matrix products for one instruction set; product.c includes this file once for each, with
//   LEVEL(name)    the name of a function for this instruction set
//   TARGET         the attribute that lets a function use it
//   VECTOR         floats of a register
//   TILE_ROWS      rows of a tile of the result, of which each takes TILE_VECTORS registers
//   FMA(a, b, c)   a · b + c

#define TILE_COLUMNS (TILE_VECTORS * VECTOR)
/// Floats between two steps of a packed panel of a: TILE_ROWS rounded up to whole registers.
#define PANEL_ROWS (SHARE(TILE_ROWS, VECTOR) * VECTOR)
#if VECTOR == 16
#define LOW_ONES 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define HIGH_ONES 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define LOW_TWOS 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH_TWOS 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#elif VECTOR == 8
#define LOW_ONES 0, 8, 1, 9, 4, 12, 5, 13
#define HIGH_ONES 2, 10, 3, 11, 6, 14, 7, 15
#define LOW_TWOS 0, 1, 8, 9, 4, 5, 12, 13
#define HIGH_TWOS 2, 3, 10, 11, 6, 7, 14, 15
#else
#define LOW_ONES 0, 4, 1, 5
#define HIGH_ONES 2, 6, 3, 7
#define LOW_TWOS 0, 1, 4, 5
#define HIGH_TWOS 2, 3, 6, 7
#endif

typedef float LEVEL(vector) __attribute__((ext_vector_type(VECTOR)));

/// rows ≤ TILE_ROWS of TILE_COLUMNS columns of c: their sums stay in registers over `inner` steps of
/// a and b. Asks for c's lines and for what comes later on the way.
#define TILE(count)                                                                               \
  TARGET static void LEVEL(tile_##count)(float *c, int64_t stride, steps a, steps b, int64_t inner, \
                                         float scale, writing how, reading *next) {               \
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
      for (; step < end; step++, a.first += a.step, b.first += b.step) {                          \
        LEVEL(vector) column[TILE_VECTORS];                                                       \
        memcpy(column, b.first, sizeof(column));                                                  \
        for (int line = 0; line < TILE_COLUMNS; line += 16) {                                     \
          __builtin_prefetch(b.first + AHEAD * b.step + line, 0, 3);                              \
        }                                                                                         \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) {                      \
          LEVEL(vector) factor = (LEVEL(vector))(a.first[i]);                                     \
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
        if (how == adds) memcpy(&old, place, sizeof(old));                                        \
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

/// Four floats of each of four, eight or sixteen rows: those of row 4 l + j are lane l of the result.
TARGET static inline __attribute__((always_inline)) LEVEL(vector) LEVEL(quarters)(
    const float *const *rows, int64_t k, int j) {
  four quarter[VECTOR / 4];
  _Pragma("clang loop unroll(full)") for (int l = 0; l < VECTOR / 4; l++) {
    memcpy(&quarter[l], rows[4 * l + j] + k, sizeof(four));
  }
#if VECTOR == 16
  return PAIR(PAIR(quarter[0], quarter[1], ALL_4), PAIR(quarter[2], quarter[3], ALL_4), ALL_8);
#elif VECTOR == 8
  return PAIR(quarter[0], quarter[1], ALL_4);
#else
  return quarter[0];
#endif
}

/// to[k · width + i] = from[i · stride + k] for i < count, and something from there to the next multiple of
/// VECTOR.
TARGET static inline __attribute__((always_inline)) void LEVEL(pack_rows)(
    float *to, const int64_t width, const float *from, int64_t stride, int64_t count,
    int64_t inner) {
  for (int64_t first = 0; first < count; first += VECTOR) {
    const float *rows[VECTOR], *row = from + first * stride;
    _Pragma("clang loop unroll(full)") for (int64_t i = 0; i < VECTOR; i++) {
      rows[i] = row;
      row += first + i + 1 < count ? stride : 0;
    }
    int64_t k = 0;
    for (; k + 4 <= inner; k += 4) {
      LEVEL(vector) r[4], t[4];
      _Pragma("clang loop unroll(full)") for (int j = 0; j < 4; j++) {
        r[j] = LEVEL(quarters)(rows, k, j);
      }
      t[0] = PAIR(r[0], r[1], LOW_ONES);
      t[1] = PAIR(r[2], r[3], LOW_ONES);
      t[2] = PAIR(r[0], r[1], HIGH_ONES);
      t[3] = PAIR(r[2], r[3], HIGH_ONES);
      r[0] = PAIR(t[0], t[1], LOW_TWOS);
      r[1] = PAIR(t[0], t[1], HIGH_TWOS);
      r[2] = PAIR(t[2], t[3], LOW_TWOS);
      r[3] = PAIR(t[2], t[3], HIGH_TWOS);
      _Pragma("clang loop unroll(full)") for (int j = 0; j < 4; j++) {
        memcpy(to + (k + j) * width + first, &r[j], sizeof(r[j]));
      }
    }
    for (; k < inner; k++) {
      for (int64_t i = 0; i < VECTOR; i++) to[k * width + first + i] = rows[i][k];
    }
  }
}

/// to[k · width + i] = from[k · stride + i] for i < count.
TARGET static inline __attribute__((always_inline)) void LEVEL(pack_steps)(
    float *to, const int64_t width, const float *from, int64_t stride, int64_t count,
    int64_t inner) {
  const int64_t half = width / 2;
  if (count == width) {
    for (int64_t k = 0; k < inner; k++) {
      memcpy(to + k * width, from + k * stride, (size_t)width * sizeof(float));
    }
  } else if (count >= half) {
    // Two halves that overlap.
    for (int64_t k = 0; k < inner; k++) {
      const float *step = from + k * stride;
      memcpy(to + k * width, step, (size_t)half * sizeof(float));
      memcpy(to + k * width + count - half, step + count - half, (size_t)half * sizeof(float));
    }
  } else {
    for (int64_t k = 0; k < inner; k++) {
      for (int64_t i = 0; i < count; i++) to[k * width + i] = from[k * stride + i];
    }
  }
}

#define PACK(name, width)                                                                         \
  TARGET static void LEVEL(name)(float *to, const float *from, int64_t stride, int is_strided,    \
                                 int64_t count, int64_t inner) {                                  \
    if (is_strided) {                                                                             \
      LEVEL(pack_rows)(to, width, from, stride, count, inner);                                    \
    } else {                                                                                      \
      LEVEL(pack_steps)(to, width, from, stride, count, inner);                                   \
    }                                                                                             \
  }

PACK(pack_a, PANEL_ROWS)
PACK(pack_b, TILE_COLUMNS)

FITS(TILE_ROWS, PANEL_ROWS, BLOCK_COLUMNS, BLOCK_INNER);

static const level LEVEL(level) = {
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .a_step = PANEL_ROWS,
    .b_step = TILE_COLUMNS,
    .block_inner = BLOCK_INNER,
    .inner_unit = 1,
    .reads_in_place = true,
    .has_all_heights = true,
    .tiles = LEVEL(tiles),
    .pack_a = LEVEL(pack_a),
    .pack_b = LEVEL(pack_b),
};

#undef TILE
#undef PACK
#undef LOW_ONES
#undef HIGH_ONES
#undef LOW_TWOS
#undef HIGH_TWOS
#undef TILE_COLUMNS
#undef PANEL_ROWS
#undef LEVEL
#undef TARGET
#undef VECTOR
#undef TILE_ROWS
#undef TILE_VECTORS
#undef FMA
