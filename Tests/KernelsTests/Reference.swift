import Glibc
import Testing

/// Sizes around those at which the kernels, which work by sixteen, take another path.
let oddSizes = [0, 1, 2, 15, 16, 17, 31, 32, 33, 100]

/// Numbers between -2 and 2 in no visible order.
func numbers(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) * 0x1p-22 - 2
  }
}

/// Memory that a kernel may write, between marks that it may not.
final class Guarded {
  private static let margin = 32
  private static let mark: Float = -12_345.678

  let count: Int
  private let memory: UnsafeMutablePointer<Float>

  /// `count` floats that begin as `initial`, or as what is no number.
  init(_ count: Int, over initial: [Float]? = nil) {
    self.count = count
    memory = .allocate(capacity: count + 2 * Self.margin)
    memory.initialize(repeating: Self.mark, count: count + 2 * Self.margin)
    if let initial {
      pointer.update(from: initial, count: count)
    } else {
      pointer.update(repeating: .nan, count: count)
    }
  }

  deinit { memory.deallocate() }

  var pointer: UnsafeMutablePointer<Float> { memory + Self.margin }

  /// What the memory holds; fails the test if something beside it was written.
  func elements(sourceLocation: SourceLocation = #_sourceLocation) -> [Float] {
    let all = Array(UnsafeBufferPointer(start: memory, count: count + 2 * Self.margin))
    let isUntouched =
      all.prefix(Self.margin).allSatisfy { $0 == Self.mark }
      && all.suffix(Self.margin).allSatisfy { $0 == Self.mark }
    #expect(isUntouched, "written outside of \(count) floats", sourceLocation: sourceLocation)
    return Array(all.dropFirst(Self.margin).prefix(count))
  }
}

/// What a kernel writes into `count` floats that begin as `initial`.
func written(
  _ count: Int, over initial: [Float]? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  by body: (UnsafeMutablePointer<Float>) -> Void
) -> [Float] {
  let memory = Guarded(count, over: initial)
  body(memory.pointer)
  return memory.elements(sourceLocation: sourceLocation)
}

/// The largest difference of results and what they should be, each as a share of the wanted number
/// or of `floor`, whichever is larger.
func deviation(_ found: [Float], _ wanted: [Double], floor: Double = 1) -> Double {
  guard found.count == wanted.count else { return .infinity }
  return zip(found, wanted).reduce(0) { largest, pair in
    let (found, wanted) = (Double(pair.0), pair.1)
    if found.isNaN != wanted.isNaN { return .infinity }
    if found == wanted || wanted.isNaN { return largest }
    return max(largest, abs(found - wanted) / max(abs(wanted), floor))
  }
}

/// The functions that kernels compute, in double precision.
enum Exact {
  static func gelu(_ x: Double) -> Double { x * cumulative(x) }

  static func geluSlope(_ x: Double) -> Double {
    cumulative(x) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
  }

  /// GELU's form with tanh, (1 + tanh z) / 2 written without cancellation.
  static func geluTanh(_ x: Double) -> Double { x / (1 + exp(-2 * geluArgument(x))) }

  static func geluTanhSlope(_ x: Double) -> Double {
    let share = 1 / (1 + exp(-2 * geluArgument(x)))
    let rest = 1 / (1 + exp(2 * geluArgument(x)))
    guard share > 0, rest > 0 else { return share }
    return share + 2 * x * share * rest * (2 / Double.pi).squareRoot() * (1 + 0.134145 * x * x)
  }

  private static func geluArgument(_ x: Double) -> Double {
    (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
  }

  private static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

  static func softmax(_ x: [Double]) -> [Double] {
    let sum = logSumExp(x)
    return x.map { exp($0 - sum) }
  }

  static func logSumExp(_ x: [Double]) -> Double {
    let largest = x.max() ?? 0
    return largest + log(x.reduce(0) { $0 + exp($1 - largest) })
  }

  /// The rows of a matrix.
  static func rows<Number: BinaryFloatingPoint>(_ x: [Number], _ columns: Int) -> [[Double]] {
    stride(from: 0, to: x.count, by: columns).map { row in
      x[row..<row + columns].map { Double($0) }
    }
  }

  /// The sums of columns, added to `initial`.
  static func columnSums(_ rows: [[Double]], from initial: [Float]) -> [Double] {
    rows.reduce(initial.map { Double($0) }) { sums, row in zip(sums, row).map { $0 + $1 } }
  }
}
