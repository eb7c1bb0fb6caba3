internal import CKernels

/// Loops over single elements.
public enum ElementwiseKernel {
  private static let pieceSize = 65_536

  /// Calls `body` for pieces of `0..<count` on all threads.
  ///
  /// - Parameters:
  ///   - count: The elements.
  ///   - name: What the profiler calls it.
  ///   - bytes: What is read and written for an element.
  ///   - body: Called with the elements of a piece.
  static func forEachPiece(
    of count: Int, _ name: String = "elementwise", bytes: Int = 12, _ body: (Range<Int>) -> Void
  ) {
    Profiler.shared.kernel(name, bytes: Double(count * bytes)) {
      ThreadPool.shared.run((count + pieceSize - 1) / pieceSize) { piece in
        body(piece * pieceSize..<min(count, (piece + 1) * pieceSize))
      }
    }
  }

  /// y = a + b.
  public static func add(
    _ y: UnsafeMutablePointer<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    count: Int
  ) {
    forEachPiece(of: count) { range in
      let first = range.lowerBound
      ck_add(y + first, a + first, b + first, Int64(range.count))
    }
  }

  /// y = a · b, or y += a · b.
  public static func multiply(
    _ y: UnsafeMutablePointer<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    count: Int, accumulates: Bool = false
  ) {
    forEachPiece(of: count) { range in
      let first = range.lowerBound
      (accumulates ? ck_multiply_add : ck_multiply)(
        y + first, a + first, b + first, Int64(range.count))
    }
  }

  /// y = scale · x, or y += scale · x.
  public static func scale(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, by scale: Float, count: Int,
    accumulates: Bool = false
  ) {
    forEachPiece(of: count) { range in
      let first = range.lowerBound
      (accumulates ? ck_scale_add : ck_scale)(y + first, x + first, scale, Int64(range.count))
    }
  }

  /// y = max(x, 0).
  public static func reluForward(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int
  ) {
    forEachPiece(of: count) { range in
      ck_relu_forward(y + range.lowerBound, x + range.lowerBound, Int64(range.count))
    }
  }

  /// dx = dy where x > 0, else 0.
  public static func reluBackward(
    _ dx: UnsafeMutablePointer<Float>, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    count: Int
  ) {
    forEachPiece(of: count) { range in
      let first = range.lowerBound
      ck_relu_backward(dx + first, dy + first, x + first, Int64(range.count))
    }
  }

  /// y = tanh x.
  public static func tanhForward(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int
  ) {
    forEachPiece(of: count) { range in
      ck_tanh_forward(y + range.lowerBound, x + range.lowerBound, Int64(range.count))
    }
  }

  /// dx = dy · (1 - y²).
  public static func tanhBackward(
    _ dx: UnsafeMutablePointer<Float>, _ dy: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
    count: Int
  ) {
    forEachPiece(of: count) { range in
      let first = range.lowerBound
      ck_tanh_backward(dx + first, dy + first, y + first, Int64(range.count))
    }
  }

  /// Σ x, in double precision.
  public static func sum(_ x: UnsafePointer<Float>, count: Int) -> Double {
    ck_sum(x, Int64(count))
  }

  /// Σ x², in double precision.
  public static func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Double {
    ck_sum_of_squares(x, Int64(count))
  }
}
