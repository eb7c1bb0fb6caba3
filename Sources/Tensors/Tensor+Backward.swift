extension Tensor {
  /// Computes the gradient of this scalar with respect to every parameter and leaf it depends on.
  ///
  /// Gradients are added to what a parameter already holds since its store's gradients were last
  /// cleared. The graph is consumed: activations are given back as soon as they were used.
  ///
  /// - Parameters:
  ///   - scale: The gradient to start from.
  ///   - parameterIsReady: Called once for every parameter that this scalar depends on, right after
  ///     the last operation that adds to its gradient.
  /// - Precondition: The tensor has one element.
  public func backward(scale: Float = 1, parameterIsReady: ((Parameter) -> Void)? = nil) {
    precondition(count == 1, "backward() of a tensor of shape \(shape): only scalars have one")
    guard requiresGradient else { return }
    let start = gradientTarget()
    start.pointer[0] = scale
    var tape = recordedTensors()
    for tensor in tape {
      for input in tensor.producer?.inputs ?? [] { input.parameter?.pendingUseCount += 1 }
    }
    Self.walkBack(&tape) { operation in
      for input in operation.inputs {
        guard let parameter = input.parameter else { continue }
        parameter.pendingUseCount -= 1
        if parameter.pendingUseCount == 0 { parameterIsReady?(parameter) }
      }
    }
  }

  /// Walks the operations of a tape back, the newest first, and takes each off the tape, which is all
  /// that keeps its result.
  static func walkBack(_ tape: inout [Tensor], operationIsDone: (Operation) -> Void) {
    while let (operation, gradient) = takeLast(from: &tape) {
      guard let operation else { continue }
      if let gradient { operation.backward(gradient) }
      operationIsDone(operation)
    }
  }

  /// The last operation and the gradient of its result; the elements of that are given back, unless
  /// something else reads them.
  private static func takeLast(
    from tape: inout [Tensor]
  ) -> (operation: Operation?, gradient: Storage?)? {
    guard let tensor = tape.popLast() else { return nil }
    defer { tensor.forgetProducer() }
    return (tensor.producer, tensor.takeGradient())
  }

  /// The results of all operations below this tensor, oldest first.
  func recordedTensors() -> [Tensor] {
    var seen = Set<ObjectIdentifier>()
    var found: [Tensor] = []
    var stack = [self]
    while let tensor = stack.popLast() {
      guard let producer = tensor.producer, seen.insert(ObjectIdentifier(producer)).inserted else {
        continue
      }
      found.append(tensor)
      stack.append(contentsOf: producer.inputs)
    }
    return found.sorted { ($0.producer?.number ?? 0) < ($1.producer?.number ?? 0) }
  }
}
