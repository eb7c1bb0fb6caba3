#include "CKernels.h"
#include "lanes.h"

// θ -= lr·wd·θ, then θ -= lr · m̂ / (√v̂ + ε) with √v̂ = √v / √(1 - β2ᵗ), as torch.optim.AdamW.
CK_CLONES void ck_adamw_update(float *parameters, float *first, float *second,
                               const float *gradients, int64_t count, ck_adamw settings) {
  const float rate = settings.learning_rate / settings.first_correction;
  const float inverse = 1.0f / settings.second_correction;
  for (int64_t i = 0; i < count; i += LANES) {
    lanes g = READ(gradients, i, count) * settings.gradient_scale;
    lanes m = READ(first, i, count);
    lanes v = READ(second, i, count);
    m = m + (g - m) * settings.first_share;
    v = v * settings.beta2 + g * g * settings.second_share;
    WRITE(first, i, count, m);
    WRITE(second, i, count, v);
    lanes p = READ(parameters, i, count);
    p -= p * settings.decay;
    WRITE(parameters, i, count, p - rate * m / (SQRT(v) * inverse + settings.epsilon));
  }
}
