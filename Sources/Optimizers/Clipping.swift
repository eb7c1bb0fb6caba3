/// Clipping by the norm of all gradients together.
public enum Clipping {
  /// The factor that brings a gradient of norm `norm` to at most `maximum`; 1 where `maximum` is 0.
  ///
  /// Source: `torch.nn.utils.clip_grad_norm_`.
  public static func factor(norm: Double, maximum: Double) -> Float {
    maximum > 0 ? Float(min(1, maximum / (norm + 1e-6))) : 1
  }
}
