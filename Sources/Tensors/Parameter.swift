/// A named array that training changes.
///
/// Its values and its gradient are runs of its store.
public final class Parameter {
  /// The name in the model's file, in Hugging Face's words for the architectures that they have.
  public let name: String
  /// The extents of the axes, the last one contiguous in memory.
  public let shape: [Int]
  /// Whether weight decay applies; not for biases and norms.
  public let decays: Bool
  let initialization: Initialization

  /// Where the parameter begins in its store, in elements.
  package internal(set) var offset = 0
  package internal(set) weak var store: ParameterStore?
  var hasGradient = false
  var pendingUseCount = 0
  private var ownTensor: Tensor?

  /// What products of the parameter read: the store's precision.
  public var precision: Precision { store?.precision ?? .float32 }

  /// How many elements there are.
  public var count: Int { shape.reduce(1, *) }

  init(name: String, shape: [Int], decays: Bool, initialization: Initialization) {
    self.name = name
    self.shape = shape
    self.decays = decays
    self.initialization = initialization
  }

  /// The parameter as an operand of operations.
  ///
  /// - Precondition: The parameter belongs to a store.
  public var tensor: Tensor {
    guard let ownTensor else {
      preconditionFailure("parameter \(name) belongs to no ParameterStore yet")
    }
    return ownTensor
  }

  /// The values, copied, in row-major order.
  public var elements: [Float] { tensor.elements }

  package var values: UnsafePointer<Float> { UnsafePointer(tensor.storage.pointer) }

  /// The values, for somebody who is about to write them.
  package func changeValues() -> UnsafeMutablePointer<Float> {
    guard let store else { preconditionFailure("parameter \(name) belongs to no ParameterStore") }
    return store.changeValues() + offset
  }

  package var gradient: UnsafeMutablePointer<Float> {
    guard let store else { preconditionFailure("parameter \(name) belongs to no ParameterStore") }
    return store.gradients + offset
  }

  /// The gradient, copied; zeros where no backward pass has reached the parameter.
  public var gradientElements: [Float] {
    guard hasGradient else { return [Float](repeating: 0, count: count) }
    return Array(UnsafeBufferPointer(start: gradient, count: count))
  }

  func bind(to store: ParameterStore, offset: Int) {
    self.store = store
    self.offset = offset
    let storage = Storage(borrowing: store.memory + offset, count: count)
    ownTensor = Tensor(parameter: self, storage: storage, shape: shape)
  }

  func rebind() {
    guard let store else { return }
    tensor.storage.pointer = store.memory + offset
  }

  func gradientTarget() -> GradientTarget {
    defer { hasGradient = true }
    return GradientTarget(pointer: gradient, accumulates: hasGradient)
  }

  /// Memory that holds the sum of the gradients so far, for kernels that can only add.
  package func clearedGradient() -> UnsafeMutablePointer<Float> {
    let target = gradientTarget()
    if !target.accumulates { target.pointer.update(repeating: 0, count: count) }
    return target.pointer
  }
}

/// How a parameter begins.
public enum Initialization: Sendable {
  /// Every element is the same.
  case constant(Float)
  /// Independent normal draws with mean 0, drawn again where they lie more than `cutoff` deviations
  /// away, and zeros in `zeroRow` if there is one.
  case normal(deviation: Float, zeroRow: Int? = nil, cutoff: Float? = nil)
}
