extension Tensor {
  /// `body(self)`, whose activations are dropped now and computed again in the backward pass.
  ///
  /// Results and gradients have the same bits as without it; the price is a second forward pass of
  /// `body`. Source: Chen et al. 2016; `torch.utils.checkpoint.checkpoint(use_reentrant=True)`.
  ///
  /// - Parameter body: Called once now and once in the backward pass; it must do the same both times,
  ///   so its dropout has to come from the same streams.
  /// - Returns: What `body` returns.
  /// - Precondition: `body` reads no tensor with a gradient but its argument and parameters.
  public func recomputed(_ body: @escaping (Tensor) -> Tensor) -> Tensor {
    guard Recording.isOn else { return body(self) }
    let x = self
    let first = Replay(of: body, on: x)
    let parameters = first.parameters
    let (storage, shape) = (first.result.storage, first.result.shape)
    first.forget()
    return Tensor(storage, shape: shape, from: [x] + parameters) { dy in
      var again = Recording.$isOn.withValue(true) { Replay(of: body, on: x) }
      if let dx = again.walkBack(from: dy) { x.adoptGradient(dx) }
    }
  }
}

/// One run of a body on a leaf of its own, so that the graph ends there.
private struct Replay {
  let argument: Tensor
  let result: Tensor
  private var tape: [Tensor]

  init(of body: (Tensor) -> Tensor, on x: Tensor) {
    let before = Operation.newestNumber
    argument = Tensor(
      storage: x.storage, shape: x.shape, requiresGradient: x.requiresGradient)
    result = body(argument)
    tape = result.recordedTensors()
    let inputs = tape.flatMap { $0.producer?.inputs ?? [] }
    precondition(
      tape.allSatisfy { ($0.producer?.number ?? 0) > before }
        && (inputs + [result]).allSatisfy(isInside),
      "recomputed: the body reads a tensor with a gradient that is neither its argument nor a "
        + "parameter")
  }

  /// What the result depends on, each parameter once, in the order of its first use.
  var parameters: [Tensor] {
    var seen = Set<ObjectIdentifier>()
    let inputs = tape.flatMap { $0.producer?.inputs ?? [] } + [result]
    return inputs.filter { $0.parameter != nil && seen.insert(ObjectIdentifier($0)).inserted }
  }

  /// Adds to the gradients of the parameters and gives that of the argument.
  ///
  /// No parameter is said to be ready: it is when the operation is done that has it as an input.
  mutating func walkBack(from dy: Storage) -> Storage? {
    result.adoptGradient(dy)
    Tensor.walkBack(&tape) { _ in }
    return argument.gradient
  }

  /// Lets go of the activations, one operation at a time: a long chain would need a deep stack.
  func forget() {
    for tensor in tape.reversed() { tensor.forgetProducer() }
  }

  private func isInside(_ tensor: Tensor) -> Bool {
    tensor === argument || tensor.parameter != nil || tensor.producer != nil
      || !tensor.requiresGradient
  }
}
