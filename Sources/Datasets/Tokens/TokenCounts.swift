import Tokens

/// How often each token occurs in a stream, as a file holds it: eight bytes a token.
enum TokenCounts {
  static func encoded(_ counts: [Int]) -> [UInt8] {
    counts.flatMap { count in (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } }
  }

  static func decoded(_ bytes: [UInt8]) -> [Int] {
    (0..<bytes.count / 8).map { index in
      (0..<8).reduce(0) { $0 | Int(bytes[8 * index + $1]) << (8 * $1) }
    }
  }

  /// Adds the tokens of a run.
  static func add(_ tokens: [TokenID], to counts: inout [Int]) {
    for token in tokens { counts[Int(token)] += 1 }
  }
}
