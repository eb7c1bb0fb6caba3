import Files
import Tokens

/// A long run of tokens in one or more parts, in memory or mapped from files.
final class TokenStream: Sendable {
  /// How many tokens there are.
  let count: Int
  /// How often each token of the vocabulary occurs.
  let counts: [Int]

  private let parts: [Part]
  private let starts: [Int]

  /// A piece of the stream.
  enum Part: Sendable {
    case memory([TokenID])
    case file(TokenPart)

    var count: Int {
      switch self {
      case .memory(let tokens): tokens.count
      case .file(let part): part.count
      }
    }
  }

  init(_ parts: [Part], counts: [Int]) {
    self.counts = counts
    self.parts = parts.filter { $0.count > 0 }
    var starts: [Int] = []
    var count = 0
    for part in self.parts {
      starts.append(count)
      count += part.count
    }
    self.starts = starts
    self.count = count
  }

  /// Adds a range of the stream's tokens to others.
  ///
  /// - Precondition: the range lies in 0 ..< `count`.
  func append(_ range: Range<Int>, to tokens: inout [TokenID]) {
    precondition(range.upperBound <= count, "tokens \(range) of \(count)")
    var index = firstPart(at: range.lowerBound)
    var start = range.lowerBound
    while start < range.upperBound {
      let part = parts[index]
      let end = min(range.upperBound, starts[index] + part.count)
      let local = start - starts[index]..<end - starts[index]
      switch part {
      case .memory(let all): tokens += all[local]
      case .file(let file): file.append(local, to: &tokens)
      }
      start = end
      index += 1
    }
  }

  /// The last part that begins at or before a place.
  private func firstPart(at place: Int) -> Int {
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= place { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }
}
