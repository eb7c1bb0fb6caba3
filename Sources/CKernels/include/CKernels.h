// Loops over raw memory. Nothing here allocates, and no result depends on how many threads share a
// loop: callers cut rows in fixed places. All matrices are row-major. `_backward` stands beside
// `_forward` in the file named after the operation.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Dropout of one place in one micro-batch: element i is dropped when hash(key, i) < threshold.
typedef struct {
  uint64_t key;
  uint32_t threshold;  ///< p · 2³²; 0 keeps everything
  float scale;         ///< 1 / (1 - p)
} ck_dropout;

// dropout.c
void ck_dropout_apply(float *y, const float *x, int64_t first, int64_t count, ck_dropout dropout);

// gelu.c — y = gelu(x + bias), the exact form x · Φ(x). `bias` may be null.
void ck_gelu_forward(float *y, const float *x, const float *bias, int64_t rows, int64_t columns);
/// `dx` may be `dy`. Writes y again and adds dx's column sums to `dbias` unless these are null.
void ck_gelu_backward(float *dx, float *y, const float *dy, const float *x, const float *bias,
                      float *dbias, int64_t rows, int64_t columns);

// geglu.c — y = gelu(a) · b for x `[rows, 2 · columns]` whose rows are a, then b.
void ck_geglu_forward(float *y, const float *x, int64_t rows, int64_t columns);
void ck_geglu_backward(float *dx, const float *dy, const float *x, int64_t rows, int64_t columns);

// rotary.c — every head of a row is two halves a and b, of `half` elements each; in place
// a' = a · cos - b · sin, b' = b · cos + a · sin, with the angles of the row's position, from tables
// `[positions, half]`. `direction` is 1, or -1 to rotate back.
void ck_rotary_rotate(float *x, int64_t stride, const int32_t *positions, const float *cosines,
                      const float *sines, float direction, int64_t rows, int64_t heads,
                      int64_t half);

// disentangled.c — adds to the scores of a query, of `count` keys, its products with positions
// `query[row]` and those of the keys `keys[j][row]`, where the row for key j is `rows[-j]`; each may be
// null. `keys` is `[count, columns]`.
void ck_disentangled_forward(float *scores, const float *query, const float *keys,
                             const int32_t *rows, int64_t count, int64_t columns);
void ck_disentangled_backward(float *dquery, float *dkeys, const float *dscores,
                              const int32_t *rows, int64_t count, int64_t columns);

// neighbours.c — y[r][c · size + t] = x[r + t - size / 2][c], 0 outside of the rows; `size` is odd.
void ck_neighbours_forward(float *y, const float *x, int64_t rows, int64_t columns, int64_t size);
/// Overwrites dx.
void ck_neighbours_backward(float *dx, const float *dy, int64_t rows, int64_t columns,
                            int64_t size);

// layer_norm.c — s = residual + dropout(x + bias); y = (s - mean) · rstd · gamma + beta.
/// `bias`, `residual` and `beta` may be null. Writes s over `sum` (which may be `x`), and each row's mean and
/// 1/σ. `first` is the index of x's first element in the dropout stream.
void ck_layer_norm_forward(float *y, float *sum, float *mean, float *rstd, const float *x,
                           const float *bias, const float *residual, const float *gamma,
                           const float *beta, float epsilon, int64_t rows, int64_t columns,
                           int64_t first, ck_dropout dropout);
/// Writes the gradient with respect to s to `dsum` and with respect to x to `dx` (null: not wanted;
/// may be `dsum` if there is no dropout); adds to `dgamma`, `dbeta` and, unless null, `dbias`.
void ck_layer_norm_backward(float *dsum, float *dx, float *dgamma, float *dbeta, float *dbias,
                            const float *dy, const float *sum, const float *mean,
                            const float *rstd, const float *gamma, int64_t rows, int64_t columns,
                            int64_t first, ck_dropout dropout);

// softmax.c — rows of y = softmax(scale · x), in place allowed.
void ck_softmax_forward(float *y, const float *x, float scale, int64_t rows, int64_t columns);
/// dx = scale · y · (dy - Σ dy · y), in place allowed.
void ck_softmax_backward(float *dx, const float *dy, const float *y, float scale, int64_t rows,
                         int64_t columns);

// gelu_tanh.c — GELU in its approximate form, x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, as in gelu.c.
void ck_gelu_tanh_forward(float *y, const float *x, const float *bias, int64_t rows,
                          int64_t columns);
void ck_gelu_tanh_backward(float *dx, float *y, const float *dy, const float *x, const float *bias,
                           float *dbias, int64_t rows, int64_t columns);

// cross_entropy.c — loss[r] = log Σ exp(x[r] + bias) - (x[r][label] + bias[label]).
/// Writes each row's log-sum-exp and the index of its largest logit. `bias` may be null.
void ck_cross_entropy_forward(float *loss, float *log_sum_exp, int32_t *largest, const float *x,
                              const float *bias, const int32_t *labels, int64_t rows,
                              int64_t columns);
/// dx = scale · (softmax - onehot) for the columns `from`, a multiple of 16, to `to`; adds column sums to
/// `dbias` unless null. In place allowed.
void ck_cross_entropy_backward(float *dx, float *dbias, const float *x, const float *bias,
                               const float *log_sum_exp, const int32_t *labels, float scale,
                               int64_t rows, int64_t columns, int64_t from, int64_t to);

// rows.c
void ck_rows_gather(float *y, const float *x, const int32_t *rows, int64_t count, int64_t columns);
void ck_rows_gather_add(float *y, const float *x, const int32_t *rows, int64_t count,
                        int64_t columns);
/// x[rows[i]] += y[i], in order of i, for columns `from`..<`to`.
void ck_rows_scatter_add(float *x, const float *y, const int32_t *rows, int64_t count,
                         int64_t columns, int64_t from, int64_t to);
void ck_rows_add_bias(float *y, const float *bias, int64_t rows, int64_t columns);
/// sums[c] += Σ over rows of x[r][c].
void ck_columns_sum(float *sums, const float *x, int64_t rows, int64_t columns);

// normal.c
/// Independent normal draws: elements `first`..<`first + count` of the stream `key`. `first` must be
/// a multiple of 32.
void ck_normal_fill(float *y, uint64_t key, float deviation, int64_t first, int64_t count);

// elementwise.c
void ck_add(float *y, const float *a, const float *b, int64_t count);
void ck_multiply(float *y, const float *a, const float *b, int64_t count);
/// y += a · b.
void ck_multiply_add(float *y, const float *a, const float *b, int64_t count);
/// y = scale · x.
void ck_scale(float *y, const float *x, float scale, int64_t count);
/// y += scale · x.
void ck_scale_add(float *y, const float *x, float scale, int64_t count);
void ck_relu_forward(float *y, const float *x, int64_t count);
void ck_relu_backward(float *dx, const float *dy, const float *x, int64_t count);
void ck_tanh_forward(float *y, const float *x, int64_t count);
void ck_tanh_backward(float *dx, const float *dy, const float *y, int64_t count);
double ck_sum(const float *x, int64_t count);
double ck_sum_of_squares(const float *x, int64_t count);

// product.c — c = scale · a · b, or c += scale · a · b, for c `[rows, columns]`, a `[rows, inner]` and
// b `[inner, columns]`; none of the sizes is 0. Every element has the bits that it has when it alone is
// computed.
/// A matrix whose rows lie `stride` elements apart, or the transpose of one.
typedef struct {
  const float *first;
  int64_t stride;
  bool is_transposed;
} ck_operand;
void ck_product(float *c, int64_t stride, ck_operand a, ck_operand b, int64_t rows, int64_t columns,
                int64_t inner, float scale, bool accumulates);

/// Lets the calling thread's products use an instruction set, `x86-64-v4`, `x86-64-v3` or `any`; those with
/// fused multiply-adds give the same bits. False: this processor does not have it.
bool ck_product_use(const char *level);

// product_rounded.c — products of a and b rounded to bfloat16, summed up in float32; as ck_product.
void ck_product_rounded(float *c, int64_t stride, ck_operand a, ck_operand b, int64_t rows,
                        int64_t columns, int64_t inner, bool accumulates);
/// The instructions that they use: `amx-bf16`, `avx512-bf16`, or `none`, without which they may not be used.
const char *ck_rounding_level(void);
/// Lets the calling thread's products use others. False: this processor does not have them.
bool ck_rounding_use(const char *level);

// adamw.c
typedef struct {
  float learning_rate;
  float beta2;
  float first_share;       ///< 1 - β1
  float second_share;      ///< 1 - β2, rounded once: 1 - 0.999f is off by 1e-5 of itself
  float epsilon;
  float decay;             ///< learning rate · weight decay
  float gradient_scale;    ///< clipping's factor
  float first_correction;  ///< 1 - β1ᵗ
  float second_correction; ///< √(1 - β2ᵗ)
} ck_adamw;
void ck_adamw_update(float *parameters, float *first, float *second, const float *gradients,
                     int64_t count, ck_adamw settings);

/// Tells the processor that this is a spinning loop.
static inline void ck_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

// level.c
/// The instruction set that the kernels were dispatched to: "x86-64-v4", "x86-64-v3", "default" …
const char *ck_level(void);
