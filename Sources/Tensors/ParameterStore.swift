internal import Kernels

/// All parameters of a model in one allocation and their gradients in another, in declared order.
///
/// Clearing, norms, sums over ranks, updates, broadcasts and checkpoints are single passes over
/// contiguous memory.
public final class ParameterStore {
  /// Every range of the store that is summed or updated apart begins at a multiple of this many
  /// elements.
  package static let blockSize = 16_384
  /// Groups of parameters begin at multiples of a cache line.
  private static let alignment = 16

  /// The parameters in declared order.
  public let parameters: [Parameter]
  /// How many floats the store holds, gaps included; a multiple of `blockSize`.
  package let count: Int
  private(set) var memory: UnsafeMutablePointer<Float>
  package private(set) var gradients: UnsafeMutablePointer<Float>
  private var keepAlive: [AnyObject]
  /// What matrix products read; float32 unless a run says otherwise.
  public var precision = Precision.float32

  /// Lays the declared parameters out and initializes them.
  ///
  /// - Parameters:
  ///   - declarations: The parameters.
  ///   - key: Names the stream that a parameter's initial values are drawn from.
  public convenience init(
    _ declarations: ParameterDeclarations, key: (_ name: String) -> UInt64
  ) {
    self.init(unwritten: declarations)
    for parameter in parameters { initialize(parameter, key) }
  }

  /// Lays the declared parameters out and leaves their values 0, for who loads or moves them in at
  /// once.
  ///
  /// - Parameter declarations: The parameters.
  public init(unwritten declarations: ParameterDeclarations) {
    var offset = 0
    var placed: [(Parameter, Int)] = []
    for group in declarations.groups {
      for parameter in group {
        placed.append((parameter, offset))
        offset += parameter.count
      }
      offset = (offset + Self.alignment - 1) / Self.alignment * Self.alignment
    }
    count = max(1, (offset + Self.blockSize - 1) / Self.blockSize) * Self.blockSize
    let valueMemory = Storage(zeros: count)
    let gradientMemory = Storage(zeros: count)
    memory = valueMemory.pointer
    gradients = gradientMemory.pointer
    keepAlive = [valueMemory, gradientMemory]
    parameters = placed.map(\.0)
    for (parameter, offset) in placed {
      precondition(parameter.store == nil, "parameter \(parameter.name) is in a store already")
      parameter.bind(to: self, offset: offset)
    }
  }

  /// Draws the initial values of one parameter.
  package func initialize(_ parameter: Parameter, _ key: (_ name: String) -> UInt64) {
    let values = parameter.changeValues()
    switch parameter.initialization {
    case .constant(let value):
      values.update(repeating: value, count: parameter.count)
    case .normal(let deviation, let zeroRow, let cutoff):
      let key = key(parameter.name)
      NormalKernel.fill(values, count: parameter.count, deviation: deviation, key: key)
      if let cutoff {
        TruncatedNormal(deviation: deviation, cutoff: cutoff, key: key)
          .redrawOutliers(of: values, count: parameter.count)
      }
      if let zeroRow {
        let width = parameter.count / parameter.shape[0]
        (values + zeroRow * width).update(repeating: 0, count: width)
      }
    }
  }

  /// The values, to read.
  package var values: UnsafePointer<Float> { UnsafePointer(memory) }

  /// The values, for somebody who is about to write them here or, where memory is shared, in
  /// another rank.
  package func changeValues() -> UnsafeMutablePointer<Float> {
    memory
  }

  /// How many numbers training changes, without gaps.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// Forgets all gradients; the next backward pass writes instead of adding.
  public func zeroGradients() {
    for parameter in parameters { parameter.hasGradient = false }
  }

  /// Writes zeros between the gradients of the parameters and behind the last one.
  package func clearGaps() {
    var end = 0
    for parameter in parameters {
      (gradients + end).update(repeating: 0, count: parameter.offset - end)
      end = parameter.offset + parameter.count
    }
    (gradients + end).update(repeating: 0, count: count - end)
  }

  /// Writes zeros where no backward pass has written since `zeroGradients()`.
  ///
  /// - Returns: The parameters concerned.
  package func clearUnreachedGradients() -> [Parameter] {
    let unreached = parameters.filter { !$0.hasGradient }
    for parameter in unreached { _ = parameter.clearedGradient() }
    return unreached
  }

  /// Makes later backward passes write their gradients elsewhere.
  ///
  /// - Parameters:
  ///   - pointer: `count` floats.
  ///   - owner: What keeps that memory alive.
  package func redirectGradients(to pointer: UnsafeMutablePointer<Float>, owner: AnyObject?) {
    gradients = pointer
    keepAlive[1] = owner ?? keepAlive[1]
    zeroGradients()
    clearGaps()
  }

  /// Moves the values to other memory, which keeps what it holds unless `copies`.
  package func moveValues(
    to pointer: UnsafeMutablePointer<Float>, owner: AnyObject, copies: Bool
  ) {
    if copies { pointer.update(from: values, count: count) }
    memory = pointer
    keepAlive[0] = owner
    for parameter in parameters { parameter.rebind() }
  }
}
