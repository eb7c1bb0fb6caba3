/// A regular expression over Unicode scalars.
///
/// It knows what tokenizers in use need: letters, classes, groups, alternatives, greedy, lazy and
/// possessive repetition, looking ahead, and the ends of lines. It finds what a backtracking engine
/// finds, but never tries one place of the expression twice at one place of the text, so that no text
/// takes longer than its length times that of the expression.
struct RegularExpression: Sendable, Equatable {
  /// One step of a program.
  enum Step: Sendable, Equatable {
    case scalars(ScalarSet)
    /// Goes on at the first place, and if that fails at the second.
    case either(Int, Int)
    case jump(Int)
    /// What the steps behind it up to `.found` match must, or must not, follow; goes on at a place.
    case ahead(isWanted: Bool, next: Int)
    /// Takes what the steps behind it up to `.found` match first, for good; goes on at a place.
    case atomic(next: Int)
    case lineStart
    case lineEnd
    case found
  }

  /// How it is written.
  let source: [UInt8]
  private let steps: [Step]

  private init(source: String, steps: [Step]) {
    self.source = Array(source.utf8)
    self.steps = steps
  }

  /// Two spaces or more.
  static let runsOfSpaces = RegularExpression(
    source: " {2,}",
    steps: [
      .scalars(.space), .scalars(.space), .either(3, 5), .scalars(.space), .jump(2), .found,
    ])

  /// Reads an expression.
  ///
  /// - Returns: nil if it is malformed or uses what is not known here.
  init?(_ source: [UInt8]) {
    self.source = source
    guard let steps = RegularExpressionParser.steps(of: source) else { return nil }
    self.steps = steps
  }

  /// Calls `body` with the place of each match in `scalars[range]`, from left to right.
  func forEachMatch(in scalars: [UInt32], _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var search = Search(steps: steps, scalars: scalars, range: range)
    var index = range.lowerBound
    var lastEnd = -1
    while index <= range.upperBound {
      guard let end = search.matchEnd(from: index) else {
        index += 1
        continue
      }
      // An empty match right behind another is none.
      if end > index || index != lastEnd { body(index..<end) }
      lastEnd = end
      index = end > index ? end : index + 1
    }
  }

  /// The work on one text.
  private struct Search {
    let steps: [Step]
    let scalars: [UInt32]
    let range: Range<Int>
    /// A bit for each step and place that was tried since the last match.
    private var tried: [UInt64]
    private var farthest: Int
    private var cleared: Int
    /// The same within a match that is looked for inside of another, while there is one.
    private var triedInside: Set<Int>?

    init(steps: [Step], scalars: [UInt32], range: Range<Int>) {
      (self.steps, self.scalars, self.range) = (steps, scalars, range)
      tried = [UInt64](repeating: 0, count: ((range.count + 1) * steps.count + 63) / 64)
      (farthest, cleared) = (range.lowerBound, range.lowerBound)
    }

    mutating func matchEnd(from start: Int) -> Int? {
      guard let end = run(from: 0, at: start) else { return nil }
      // What led to a match may do so again from elsewhere.
      let first = (cleared - range.lowerBound) * steps.count / 64
      let last = ((farthest - range.lowerBound + 1) * steps.count - 1) / 64
      for word in first...last { tried[word] = 0 }
      cleared = start
      farthest = start
      return end
    }

    /// Where the first match of the steps from one on ends.
    private mutating func run(from first: Int, at start: Int) -> Int? {
      var waiting = [(step: first, index: start)]
      while let (step, index) = waiting.popLast() {
        farthest = max(farthest, index)
        guard isNew((index - range.lowerBound) * steps.count + step) else { continue }
        switch steps[step] {
        case .scalars(let set):
          guard index < range.upperBound, set.contains(scalars[index]) else { continue }
          waiting.append((step + 1, index + 1))
        case .either(let one, let other):
          waiting.append((other, index))
          waiting.append((one, index))
        case .jump(let next): waiting.append((next, index))
        case .ahead(let isWanted, let next):
          guard (inner(step + 1, index) != nil) == isWanted else { continue }
          waiting.append((next, index))
        case .atomic(let next):
          guard let end = inner(step + 1, index) else { continue }
          waiting.append((next, end))
        case .lineStart:
          guard index == range.lowerBound || scalars[index - 1] == 0x0A else { continue }
          waiting.append((step + 1, index))
        case .lineEnd:
          guard index == range.upperBound || scalars[index] == 0x0A else { continue }
          waiting.append((step + 1, index))
        case .found: return index
        }
      }
      return nil
    }

    /// Whether a step was not tried at a place before; from now on it was.
    private mutating func isNew(_ bit: Int) -> Bool {
      guard triedInside == nil else { return triedInside?.insert(bit).inserted == true }
      guard tried[bit / 64] & 1 << UInt64(bit % 64) == 0 else { return false }
      tried[bit / 64] |= 1 << UInt64(bit % 64)
      return true
    }

    /// Where a match within a match ends.
    private mutating func inner(_ step: Int, _ index: Int) -> Int? {
      let outside = triedInside
      triedInside = []
      defer { triedInside = outside }
      return run(from: step, at: index)
    }
  }
}
