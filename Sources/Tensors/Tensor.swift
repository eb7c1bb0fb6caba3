internal import Kernels

/// An array of floats that remembers how it was computed.
///
/// One thread per rank owns a graph of tensors; a tensor never leaves it.
public final class Tensor {
  /// The extents of the axes, the last one contiguous in memory; empty for a scalar.
  public let shape: [Int]
  /// How many elements there are.
  public let count: Int
  private var held: Storage?
  private let recompute: (() -> Storage)?
  package let requiresGradient: Bool
  let parameter: Parameter?
  private(set) var producer: Operation?
  private(set) var gradient: Storage?

  /// The elements, which are computed again if they were dropped.
  package var storage: Storage {
    if let held { return held }
    guard let recompute else {
      preconditionFailure("elements that cannot be computed were dropped")
    }
    let storage = recompute()
    held = storage
    return storage
  }

  package var pointer: UnsafeMutablePointer<Float> { storage.pointer }

  /// A constant.
  ///
  /// - Parameters:
  ///   - elements: The elements in row-major order.
  ///   - shape: The extents of the axes; their product must be the number of elements.
  ///   - requiresGradient: Whether `backward` computes this tensor's gradient.
  public convenience init(_ elements: [Float], shape: [Int], requiresGradient: Bool = false) {
    let count = shape.reduce(1, *)
    precondition(
      elements.count == count, "shape \(shape) holds \(count) elements, not \(elements.count)")
    let storage = Storage(count: count)
    elements.withUnsafeBufferPointer { from in
      if let base = from.baseAddress { storage.pointer.update(from: base, count: count) }
    }
    self.init(storage: storage, shape: shape, requiresGradient: requiresGradient)
  }

  package init(storage: Storage, shape: [Int], requiresGradient: Bool = false) {
    held = storage
    count = storage.count
    recompute = nil
    self.shape = shape
    self.requiresGradient = requiresGradient
    parameter = nil
  }

  init(parameter: Parameter, storage: Storage, shape: [Int]) {
    held = storage
    count = storage.count
    recompute = nil
    self.shape = shape
    self.parameter = parameter
    requiresGradient = true
  }

  /// The result of an operation.
  ///
  /// - Parameters:
  ///   - storage: The result.
  ///   - shape: Its shape.
  ///   - inputs: What it was computed from; those that need no gradient are not remembered.
  ///   - recompute: Computes the result again, with the same bits, from what the way back needs anyhow;
  ///     nil if that costs more than it is worth.
  ///   - backward: Called once, with the gradient of the result.
  package init(
    _ storage: Storage, shape: [Int], from inputs: [Tensor],
    recompute: (() -> Storage)? = nil, backward: @escaping (_ gradient: Storage) -> Void
  ) {
    held = storage
    count = storage.count
    self.shape = shape
    parameter = nil
    let needed = Recording.isOn ? inputs.filter(\.requiresGradient) : []
    requiresGradient = !needed.isEmpty
    self.recompute = requiresGradient ? recompute : nil
    if requiresGradient { producer = Operation(inputs: needed, backward: backward) }
  }

  /// Gives the memory of the elements back until somebody reads them, if they can then be computed again
  /// at the price of one pass over memory.
  ///
  /// Called when the last operation of the forward pass has read a tensor that the backward pass reads
  /// too. It changes no bit of any result.
  public func dropElements() {
    if recompute != nil { held = nil }
  }

  /// The elements in row-major order, copied.
  public var elements: [Float] {
    Array(UnsafeBufferPointer(start: pointer, count: count))
  }

  /// The only element.
  ///
  /// - Precondition: `count` is 1.
  public func item() -> Float {
    precondition(count == 1, "item() of a tensor of shape \(shape)")
    return pointer[0]
  }

  /// The gradient that the last backward pass computed, or nil.
  ///
  /// Only leaves keep theirs: tensors made with `requiresGradient` and parameters.
  public var gradientElements: [Float]? {
    if let parameter { return parameter.gradientElements }
    return gradient.map { Array(UnsafeBufferPointer(start: $0.pointer, count: $0.count)) }
  }

  /// Hands memory to `compute` that takes this tensor's gradient, and adds it to what is there.
  package func receiveGradient(_ compute: (_ into: UnsafeMutablePointer<Float>) -> Void) {
    guard requiresGradient else { return }
    let target = gradientTarget()
    guard target.accumulates else {
      compute(target.pointer)
      return
    }
    let addend = Storage(count: count)
    compute(addend.pointer)
    ElementwiseKernel.add(target.pointer, target.pointer, addend.pointer, count: count)
    extendLifetime(addend)
  }

  /// Takes memory that holds a gradient as this tensor's own, or adds it to what is there.
  package func adoptGradient(_ addend: Storage) {
    guard requiresGradient else { return }
    if parameter == nil, gradient == nil {
      gradient = addend
    } else {
      receiveGradient { $0.update(from: addend.pointer, count: count) }
    }
  }

  /// Where to write or add this tensor's gradient.
  ///
  /// - Returns: The memory, and whether it holds something to add to.
  package func gradientTarget() -> GradientTarget {
    if let parameter { return parameter.gradientTarget() }
    if let gradient { return GradientTarget(pointer: gradient.pointer, accumulates: true) }
    let fresh = Storage(count: count)
    gradient = fresh
    return GradientTarget(pointer: fresh.pointer, accumulates: false)
  }

  /// The whole gradient, handed over to the operation that made this tensor.
  func takeGradient() -> Storage? {
    defer { if producer != nil { gradient = nil } }
    return gradient
  }

  func forgetProducer() { producer = nil }
}

/// Memory that takes a gradient, and whether something is there to add to.
package struct GradientTarget {
  package let pointer: UnsafeMutablePointer<Float>
  package let accumulates: Bool
}
