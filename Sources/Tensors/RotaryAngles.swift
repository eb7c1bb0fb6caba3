internal import Glibc
internal import Kernels

/// The angles of rotary position embedding, for all positions that were asked for so far.
///
/// Position p turns pair i of a head of size d by p · base^(-2i/d), computed in float32 as PyTorch
/// does. Source: Su et al. 2021, equation 15.
public final class RotaryAngles {
  /// The size of a head; even.
  public let headSize: Int
  private let frequencies: [Float]
  private var cosines: [Float] = []
  private var sines: [Float] = []

  /// Angles for heads of `headSize` elements.
  ///
  /// - Precondition: `headSize` is even and `base` positive.
  public init(headSize: Int, base: Double) {
    precondition(
      headSize > 0 && headSize % 2 == 0 && base > 0,
      "RotaryAngles: a head of \(headSize) elements, base \(base)")
    self.headSize = headSize
    frequencies = (0..<headSize / 2).map { pair in
      1 / Float(pow(Double(Float(base)), Double(Float(2 * pair) / Float(headSize))))
    }
  }

  /// Makes sure that there are angles for positions below `count`.
  func cover(_ count: Int) {
    let half = frequencies.count
    guard cosines.count < count * half else { return }
    for position in cosines.count / half..<max(count, 2 * cosines.count / half) {
      for frequency in frequencies {
        let angle = Double(Float(position) * frequency)
        cosines.append(Float(cos(angle)))
        sines.append(Float(sin(angle)))
      }
    }
  }

  /// Turns the heads in some columns of a matrix.
  func rotate(
    _ x: UnsafeMutablePointer<Float>, stride: Int, columns: Range<Int>, positions: [Int32],
    backwards: Bool
  ) {
    cosines.withUnsafeBufferPointer { cosines in
      sines.withUnsafeBufferPointer { sines in
        guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
        RotaryKernel.rotate(
          x + columns.lowerBound, stride: stride, positions: positions,
          angles: .init(cosines: cosines, sines: sines, half: frequencies.count),
          headCount: columns.count / headSize, backwards: backwards)
      }
    }
  }
}
