internal import Kernels

/// Normal numbers of which those beyond a limit are drawn again.
///
/// Source: `torch.nn.init.trunc_normal_` with limits at equal distances from the mean 0.
struct TruncatedNormal {
  private let deviation: Float
  private let limit: Float
  private let key: UInt64

  /// - Precondition: `cutoff` is positive, in deviations.
  init(deviation: Float, cutoff: Float, key: UInt64) {
    precondition(cutoff > 0, "a cutoff of \(cutoff) deviations leaves no number")
    self.deviation = deviation
    self.key = key
    limit = cutoff * deviation
  }

  /// Replaces what lies beyond the limit, in order, by numbers of streams of their own.
  func redrawOutliers(of values: UnsafeMutablePointer<Float>, count: Int) {
    var draws = [Float](repeating: 0, count: 1_024)
    var next = draws.count
    var blockKey = key
    for index in 0..<count {
      while abs(values[index]) > limit {
        if next == draws.count {
          blockKey = blockKey &* 0xD134_2543_DE82_EF95 &+ 0x9E37_79B9_7F4A_7C15
          NormalKernel.fill(&draws, count: draws.count, deviation: deviation, key: blockKey)
          next = 0
        }
        values[index] = draws[next]
        next += 1
      }
    }
  }
}
