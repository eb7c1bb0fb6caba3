package import CKernels
internal import Kernels

/// Dropout at one place of a model, in one micro-batch of one step.
///
/// The mask is a function of the key and of an element's index: nothing is stored, no thread or rank
/// matters, and the backward pass draws it again.
public struct Dropout {
  package let stream: ck_dropout

  /// Drops with `probability`, in `[0, 1)`, by the stream named `key`.
  public init(probability: Double, key: UInt64) {
    stream = ck_dropout(probability: probability, key: key)
  }
}

extension Tensor {
  /// `self / (1 - p)` where an element is kept and 0 elsewhere.
  ///
  /// Source: `torch.nn.functional.dropout`.
  ///
  /// - Parameter dropout: The probability and the stream; nil returns `self`.
  /// - Returns: The same shape.
  public func dropout(_ dropout: Dropout?) -> Tensor {
    guard let dropout else { return self }
    let x = self
    func kept() -> Storage {
      let y = Storage(count: x.count)
      DropoutKernel.apply(y.pointer, x.pointer, count: x.count, dropout.stream)
      return y
    }
    return Tensor(kept(), shape: shape, from: [x], recompute: kept) { dy in
      x.receiveGradient { DropoutKernel.apply($0, dy.pointer, count: x.count, dropout.stream) }
    }
  }
}
