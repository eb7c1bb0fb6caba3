// Products of float32 matrices rounded to bfloat16 while they are packed, summed up in float32: with tiles
// of 16 × 32 terms (AMX) or with registers (AVX512-BF16).
//
// Pairs of terms lie side by side. A block of 32 terms is
//   by rows: 16 rows of 32 terms each, which is how AMX reads a,
//   by pairs: 16 pairs of terms of 16 rows or columns each, which is how everything else is read.
#include "product.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDING                                                                            \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512bf16,bmi2,fma"), \
                 min_vector_width(512)))
#define TILED                                                                                 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512bf16,bmi2,fma,"    \
                        "amx-tile,amx-bf16"),                                                 \
                 min_vector_width(512)))
#define INLINE static inline __attribute__((always_inline))

#define AHEAD 2
/// Rows of a tile in registers.
#define REGISTER_ROWS 14
enum { block_terms = 32, block_rows = 16, block_floats = block_terms * block_rows / 2 };
#define UNROLLED _Pragma("clang loop unroll(full)")

/// The lanes before `count`.
INLINE uint16_t lanes_before(int64_t count) {
  return count >= 16 ? 0xffff : count <= 0 ? 0 : (uint16_t)((1u << count) - 1);
}

/// Turns 16 rows of 16 words into columns.
ROUNDING INLINE void turn(__m512i r[16]) {
  __m512i t[16];
  UNROLLED for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  UNROLLED for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  // Row 4 g + j holds in its quarter l what belongs to quarter g of column 4 l + j.
  UNROLLED for (int j = 0; j < 4; j++) {
    __m512i even_low = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x88);
    __m512i odd_low = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xdd);
    __m512i even_high = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x88);
    __m512i odd_high = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xdd);
    t[j] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
    t[4 + j] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
    t[8 + j] = _mm512_shuffle_i32x4(even_low, even_high, 0xdd);
    t[12 + j] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xdd);
  }
  UNROLLED for (int i = 0; i < 16; i++) r[i] = t[i];
}

/// 32 terms of one row, of which those from `terms` on are zeros.
ROUNDING INLINE __m512i rounded_row(const float *from, int64_t terms) {
  __m512 low = _mm512_maskz_loadu_ps(lanes_before(terms), from);
  __m512 high = _mm512_maskz_loadu_ps(lanes_before(terms - 16), from + 16);
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/// A pair of terms of up to 16 rows or columns, whose steps lie apart.
ROUNDING INLINE __m512i rounded_pair(const float *from, int64_t stride, int64_t terms,
                                     uint16_t lanes) {
  const __m512i order =
      _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                       21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  __m512 low = _mm512_maskz_loadu_ps(terms > 0 ? lanes : 0, from);
  __m512 high = _mm512_maskz_loadu_ps(terms > 1 ? lanes : 0, from + (terms > 1 ? stride : 0));
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(high, low));
}

/// Packs up to 16 rows by rows or by pairs, `apart` floats between blocks.
ROUNDING INLINE void pack_sixteen(float *to, int64_t apart, const float *from, int64_t stride,
                                  int is_strided, int64_t count, int64_t inner,
                                  const int by_pairs) {
  const uint16_t lanes = lanes_before(count);
  for (int64_t k = 0; k < inner; k += block_terms, to += apart) {
    const int64_t terms = inner - k;
    __m512i r[16];
    if (is_strided) {
      UNROLLED for (int i = 0; i < 16; i++) {
        r[i] = i < count ? rounded_row(from + i * stride + k, terms) : _mm512_setzero_si512();
      }
      if (by_pairs) turn(r);
    } else {
      UNROLLED for (int i = 0; i < 16; i++) {
        r[i] = rounded_pair(from + (k + MIN(2 * i, terms - 1)) * stride, stride, terms - 2 * i, lanes);
      }
      if (!by_pairs) turn(r);
    }
    UNROLLED for (int i = 0; i < 16; i++) _mm512_store_si512(to + 16 * i, r[i]);
  }
}

/// Packs up to 32 rows: both halves of a block of terms side by side.
ROUNDING INLINE void pack_halves(float *to, const float *from, int64_t stride, int is_strided,
                                 int64_t count, int64_t inner, const int by_pairs) {
  for (int half = 0; half < 2; half++) {
    const int64_t rest = MAX(0, count - 16 * half);
    const float *first = from + (rest ? 16 * half : 0) * (is_strided ? stride : 1);
    pack_sixteen(to + half * block_floats, 2 * block_floats, first, stride, is_strided, rest, inner,
                 by_pairs);
  }
}

ROUNDING static void pack_by_pairs(float *to, const float *from, int64_t stride, int is_strided,
                                   int64_t count, int64_t inner) {
  pack_halves(to, from, stride, is_strided, count, inner, 1);
}

ROUNDING static void pack_by_rows(float *to, const float *from, int64_t stride, int is_strided,
                                  int64_t count, int64_t inner) {
  pack_halves(to, from, stride, is_strided, count, inner, 0);
}

ROUNDING static void pack_fourteen(float *to, const float *from, int64_t stride, int is_strided,
                                   int64_t count, int64_t inner) {
  pack_sixteen(to, block_floats, from, stride, is_strided, count, inner, 1);
}

/// `count` rows of 32 columns in registers.
ROUNDING INLINE void register_tile(const int count, float *c, int64_t stride, steps a, steps b,
                                   int64_t inner, float scale, writing how, reading *next) {
  __m512 sum[REGISTER_ROWS][2];
  UNROLLED for (int i = 0; i < count; i++) sum[i][0] = sum[i][1] = _mm512_setzero_ps();
  for (int64_t k = 0; k < inner; k += block_terms) {
    if (k < count * block_terms) ask_for_result(c + k / block_terms * stride, 32);
    read_ahead(next);
    const int64_t pairs = MIN(block_terms / 2, SHARE(inner - k, 2));
    for (int64_t pair = 0; pair < pairs; pair++) {
      const __m512bh left = (__m512bh)_mm512_load_ps(b.first + 16 * pair);
      const __m512bh right = (__m512bh)_mm512_load_ps(b.first + block_floats + 16 * pair);
      __builtin_prefetch(b.first + 4 * block_floats + 32 * pair, 0, 3);
      __builtin_prefetch(b.first + 4 * block_floats + 32 * pair + 16, 0, 3);
      UNROLLED for (int i = 0; i < count; i++) {
        const __m512bh factor = (__m512bh)_mm512_set1_ps(a.first[16 * pair + i]);
        sum[i][0] = _mm512_dpbf16_ps(sum[i][0], factor, left);
        sum[i][1] = _mm512_dpbf16_ps(sum[i][1], factor, right);
      }
    }
    a.first += block_floats;
    b.first += 2 * block_floats;
  }
  const __m512 factor = _mm512_set1_ps(scale);
  UNROLLED for (int i = 0; i < count; i++) {
    UNROLLED for (int v = 0; v < 2; v++) {
      float *place = c + i * stride + 16 * v;
      const __m512 old = how == adds ? _mm512_loadu_ps(place) : _mm512_setzero_ps();
      _mm512_storeu_ps(place, _mm512_fmadd_ps(sum[i][v], factor, old));
    }
  }
}

#define REGISTER_TILE(count)                                                                      \
  ROUNDING static void register_tile_##count(float *c, int64_t stride, steps a, steps b,          \
                                             int64_t inner, float scale, writing how,             \
                                             reading *next) {                                     \
    register_tile(count, c, stride, a, b, inner, scale, how, next);                               \
  }
REGISTER_TILE(1)
REGISTER_TILE(2)
REGISTER_TILE(3)
REGISTER_TILE(4)
REGISTER_TILE(5)
REGISTER_TILE(6)
REGISTER_TILE(7)
REGISTER_TILE(8)
REGISTER_TILE(9)
REGISTER_TILE(10)
REGISTER_TILE(11)
REGISTER_TILE(12)
REGISTER_TILE(13)
REGISTER_TILE(14)

/// Tiles 0 to 3 are 32 × 32 sums, 4 and 5 rows of a, 6 and 7 columns of b.
typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
} tile_shapes;

TILED static void begin_tiles(void) {
  tile_shapes shapes = {.palette = 1};
  for (int i = 0; i < 8; i++) shapes.bytes[i] = 64, shapes.rows[i] = 16;
  _tile_loadconfig(&shapes);
}

TILED static void end_tiles(void) { _tile_release(); }

TILED static void square_tile(float *c, int64_t stride, steps a, steps b, int64_t inner, float scale,
                              writing how, reading *next) {
  (void)scale;
  const int64_t bytes = 4 * stride;
  const bool is_past_caches = how == streams && (uintptr_t)c % 64 == 0 && stride % 16 == 0;
  if (how == adds) {
    _tile_loadd(0, c, bytes);
    _tile_loadd(1, c + 16, bytes);
    _tile_loadd(2, c + 16 * stride, bytes);
    _tile_loadd(3, c + 16 * stride + 16, bytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  const int64_t count = SHARE(inner, block_terms);
  for (int64_t block = 0; block < count; block++) {
    _tile_loadd(4, a.first, 64);
    _tile_loadd(6, b.first, 64);
    _tile_loadd(7, b.first + block_floats, 64);
    _tile_loadd(5, a.first + block_floats, 64);
    for (int line = 0; line < 32; line++) {
      __builtin_prefetch(b.first + 2 * AHEAD * block_floats + 16 * line, 0, 3);
    }
    // The tile that comes next.
    for (int64_t row = 32 * block / count; row < 32 * (block + 1) / count; row++) {
      if (!is_past_caches) ask_for_result(c + row * stride + 32, 32);
    }
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    if (block % 4 == 0) read_ahead(next);
    a.first += 2 * block_floats;
    b.first += 2 * block_floats;
  }
  if (is_past_caches) {
    _Alignas(64) float whole[32 * 32];
    _tile_stored(0, whole, 128);
    _tile_stored(1, whole + 16, 128);
    _tile_stored(2, whole + 16 * 32, 128);
    _tile_stored(3, whole + 16 * 32 + 16, 128);
    for (int i = 0; i < 32; i++) {
      _mm512_stream_ps(c + i * stride, _mm512_load_ps(whole + 32 * i));
      _mm512_stream_ps(c + i * stride + 16, _mm512_load_ps(whole + 32 * i + 16));
    }
    return;
  }
  _tile_stored(0, c, bytes);
  _tile_stored(1, c + 16, bytes);
  _tile_stored(2, c + 16 * stride, bytes);
  _tile_stored(3, c + 16 * stride + 16, bytes);
}

static const tile square_tiles[] = {square_tile};
static const tile register_tiles[REGISTER_ROWS] = {
    register_tile_1,  register_tile_2,  register_tile_3,  register_tile_4,  register_tile_5,
    register_tile_6,  register_tile_7,  register_tile_8,  register_tile_9,  register_tile_10,
    register_tile_11, register_tile_12, register_tile_13, register_tile_14,
};

FITS(32, 16, BLOCK_COLUMNS / 2, 768);
FITS(REGISTER_ROWS, 8, BLOCK_COLUMNS / 2, 384);

static const level amx = {
    .tile_rows = 32, .tile_columns = 32, .a_step = 16, .b_step = 16,
    .block_inner = 768, .inner_unit = block_terms, .terms_per_turn = 4 * block_terms,
    .tiles = square_tiles, .pack_a = pack_by_rows, .pack_b = pack_by_pairs,
};
static const level avx512_bf16 = {
    .tile_rows = REGISTER_ROWS, .tile_columns = 32, .a_step = 8, .b_step = 16,
    .block_inner = 384, .inner_unit = block_terms, .terms_per_turn = block_terms,
    .has_all_heights = true, .tiles = register_tiles, .pack_a = pack_fourteen, .pack_b = pack_by_pairs,
};

/// Linux gives a process tiles when it asks for them.
static bool may_use_tiles(void) {
  enum { request = 0x1023, tile_data = 18 };
  return syscall(SYS_arch_prctl, request, tile_data) == 0;
}

static const level *best(void) {
  if (strcmp(ck_level(), "x86-64-v4") || !__builtin_cpu_supports("avx512bf16")) return 0;
  if (__builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") && may_use_tiles()) {
    return &amx;
  }
  return &avx512_bf16;
}

static _Thread_local const level *level_here;
static _Thread_local bool is_known;

static const level *rounding_level(void) {
  if (!is_known) level_here = best(), is_known = true;
  return level_here;
}

const char *ck_rounding_level(void) {
  const level *found = rounding_level();
  return found == &amx ? "amx-bf16" : found == &avx512_bf16 ? "avx512-bf16" : "none";
}

void ck_product_rounded(float *c, int64_t stride, ck_operand a, ck_operand b, int64_t rows,
                        int64_t columns, int64_t inner, bool accumulates) {
  const level *found = rounding_level();
  if (found == &amx) begin_tiles();
  multiply(found, c, stride, a, b, rows, columns, inner, 1, accumulates);
  if (found == &amx) end_tiles();
}

bool ck_rounding_use(const char *name) {
  const level *most = best();
  is_known = true;
  level_here = !strcmp(name, "avx512-bf16") && most ? &avx512_bf16 : most;
  return !strcmp(ck_rounding_level(), name);
}
#else
const char *ck_rounding_level(void) { return "none"; }
bool ck_rounding_use(const char *name) { return !strcmp(name, "none"); }
void ck_product_rounded(float *c, int64_t stride, ck_operand a, ck_operand b, int64_t rows,
                        int64_t columns, int64_t inner, bool accumulates) {
  ck_product(c, stride, a, b, rows, columns, inner, 1, accumulates);
}
#endif
