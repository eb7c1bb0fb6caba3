internal import Kernels

extension Tensor {
  /// How GELU computes the normal distribution.
  public enum GELUForm: Sendable {
    /// By the error function.
    case exact
    /// As (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.
    case tanh
  }

  /// GELU of what an operation reads, plus a bias.
  ///
  /// Source: `torch.nn.functional.gelu`, `approximate="none"` or `"tanh"`.
  public struct GELU {
    let bias: Parameter?
    private let form: GELUKernel.Form

    /// - Parameters:
    ///   - bias: `[columns]`, added to every row first; nil for none.
    ///   - form: How the normal distribution is computed.
    public init(bias: Parameter? = nil, form: GELUForm = .exact) {
      self.bias = bias
      self.form = form == .exact ? .exact : .tanh
    }

    private func size(of x: Tensor) -> (rows: Int, columns: Int) {
      let columns = bias?.count ?? (x.shape.last ?? 1)
      precondition(
        x.shape.last ?? 1 == columns, "gelu: input \(x.shape), bias [\(columns)]")
      return (x.count / max(columns, 1), columns)
    }

    func applied(to x: Tensor) -> Storage {
      let (rows, columns) = size(of: x)
      let y = Storage(count: x.count)
      GELUKernel.forward(
        y.pointer, x.pointer, bias: bias?.values, form: form, rows: rows, columns: columns)
      return y
    }

    /// Turns the gradient of the result into that of `x`, in place, and adds to the bias's.
    ///
    /// - Returns: What `applied(to: x)` returned.
    func passedBack(_ gradient: Storage, of x: Tensor) -> Storage {
      let y = Storage(count: x.count)
      passBack(gradient.pointer, gradient, of: x, result: y.pointer)
      return y
    }

    fileprivate func passBack(
      _ dx: UnsafeMutablePointer<Float>, _ dy: Storage, of x: Tensor,
      result y: UnsafeMutablePointer<Float>? = nil
    ) {
      let (rows, columns) = size(of: x)
      let scratch = Storage(
        count: bias == nil
          ? 0 : PartialSums.scratchCount(rows: rows, columns: columns, sums: 1))
      GELUKernel.backward(
        dx, y: y, dy.pointer, x.pointer, bias: bias?.values, form: form,
        dbias: bias?.clearedGradient(), scratch: scratch.pointer, rows: rows, columns: columns)
      extendLifetime(scratch)
    }
  }

  /// GELU of `self + bias`.
  ///
  /// - Parameters:
  ///   - bias: `[columns]`, added to every row first; nil for none.
  ///   - form: How the normal distribution is computed.
  /// - Returns: The same shape.
  public func gelu(bias: Parameter? = nil, form: GELUForm = .exact) -> Tensor {
    let gelu = GELU(bias: bias, form: form)
    let x = self
    return Tensor(
      gelu.applied(to: x), shape: shape, from: [x] + [bias?.tensor].compactMap { $0 }
    ) { dy in
      if x.requiresGradient {
        x.receiveGradient { gelu.passBack($0, dy, of: x) }
      } else {
        gelu.passBack(dy.pointer, dy, of: x)
      }
    }
  }
}
