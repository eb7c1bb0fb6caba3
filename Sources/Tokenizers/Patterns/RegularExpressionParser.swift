/// Reads regular expressions and turns them into steps.
struct RegularExpressionParser {
  private indirect enum Node {
    case set(ScalarSet)
    case sequence([Node])
    case alternatives([Node])
    case repeated(Node, minimum: Int, maximum: Int?, Greed)
    case ahead(Node, isWanted: Bool)
    case atomic(Node)
    case lineStart
    case lineEnd
  }

  private enum Greed { case greedy, lazy, possessive }

  /// Longer programs are refused.
  private static let longestProgram = 10_000
  private static let deepestNesting = 100

  private struct Malformed: Error {}

  private let scalars: [UInt32]
  private var index = 0
  private var depth = 0
  private var ignoresCase = false

  private init(_ source: [UInt8]) {
    let scalars = UTF8Decoder.scalars(of: source)
    self.scalars = scalars
  }

  /// Returns the steps of an expression, nil if it is malformed or uses what is not known here.
  static func steps(of source: [UInt8]) -> [RegularExpression.Step]? {
    var parser = RegularExpressionParser(source)
    guard let node = try? parser.alternatives(), parser.index == parser.scalars.count else {
      return nil
    }
    var steps: [RegularExpression.Step] = []
    guard (try? append(node, to: &steps)) != nil else { return nil }
    return steps + [.found]
  }

  // MARK: - Reading

  private var next: UInt32? { index < scalars.count ? scalars[index] : nil }

  private mutating func take(_ letter: Unicode.Scalar) -> Bool {
    guard next == letter.value else { return false }
    index += 1
    return true
  }

  private mutating func take(_ text: String) -> Bool {
    let wanted = text.unicodeScalars.map(\.value)
    guard scalars[index...].starts(with: wanted) else { return false }
    index += wanted.count
    return true
  }

  private mutating func alternatives() throws -> Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestNesting else { throw Malformed() }
    var choices = [try sequence()]
    while take("|" as Unicode.Scalar) { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .alternatives(choices)
  }

  private mutating func sequence() throws -> Node {
    var nodes: [Node] = []
    while let scalar = next, scalar != 0x7C, scalar != 0x29 {
      nodes.append(try repeated(try atom()))
    }
    return .sequence(nodes)
  }

  private mutating func repeated(_ atom: Node) throws -> Node {
    var node = atom
    while true {
      let bounds: (Int, Int?)
      if take("*" as Unicode.Scalar) {
        bounds = (0, nil)
      } else if take("+" as Unicode.Scalar) {
        bounds = (1, nil)
      } else if take("?" as Unicode.Scalar) {
        bounds = (0, 1)
      } else if next == 0x7B, let counts = counts() {
        bounds = counts
      } else {
        return node
      }
      let greed: Greed =
        take("?" as Unicode.Scalar) ? .lazy : take("+" as Unicode.Scalar) ? .possessive : .greedy
      node = .repeated(node, minimum: bounds.0, maximum: bounds.1, greed)
    }
  }

  /// The counts of `{2}`, `{2,}`, `{2,3}`, `{,3}`; a brace that begins none of these is a letter.
  private mutating func counts() -> (Int, Int?)? {
    let start = index
    index += 1
    let minimum = number()
    let hasComma = take("," as Unicode.Scalar)
    let maximum = hasComma ? number() : minimum
    guard take("}" as Unicode.Scalar), minimum != nil || maximum != nil,
      (minimum ?? 0) <= (maximum ?? .max)
    else {
      index = start
      return nil
    }
    return (minimum ?? 0, maximum)
  }

  private mutating func number() -> Int? {
    let start = index
    var value = 0
    while let scalar = next, scalar &- 0x30 < 10, value < 100_000 {
      value = value * 10 + Int(scalar - 0x30)
      index += 1
    }
    return index > start ? value : nil
  }

  private mutating func atom() throws -> Node {
    if take("(?:") { return try group() }
    if take("(?i:") {
      let outer = ignoresCase
      defer { ignoresCase = outer }
      ignoresCase = true
      return try group()
    }
    if take("(?=") { return .ahead(try group(), isWanted: true) }
    if take("(?!") { return .ahead(try group(), isWanted: false) }
    if take("(?>") { return .atomic(try group()) }
    if take("(?i)") {
      ignoresCase = true
      return .sequence([])
    }
    if take("(?") { throw Malformed() }
    if take("(" as Unicode.Scalar) { return try group() }
    if take("^" as Unicode.Scalar) { return .lineStart }
    if take("$" as Unicode.Scalar) { return .lineEnd }
    if take("." as Unicode.Scalar) {
      return .set(ScalarSet(parts: [.range(0x0A...0x0A)], isNegated: true))
    }
    if take("[" as Unicode.Scalar) { return .set(try set()) }
    guard let scalar = next, scalar != 0x2A, scalar != 0x2B, scalar != 0x3F else {
      throw Malformed()
    }
    index += 1
    let part = scalar == 0x5C ? try escape(inBrackets: false) : .range(scalar...scalar)
    return .set(ScalarSet(parts: [part], ignoresCase: ignoresCase))
  }

  private mutating func group() throws -> Node {
    let node = try alternatives()
    guard take(")" as Unicode.Scalar) else { throw Malformed() }
    return node
  }

  private mutating func set() throws -> ScalarSet {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestNesting else { throw Malformed() }
    var set = ScalarSet(ignoresCase: ignoresCase)
    set.isNegated = take("^" as Unicode.Scalar)
    while !take("]" as Unicode.Scalar) {
      guard let scalar = next, !take("&&") else { throw Malformed() }
      index += 1
      if scalar == 0x5B {
        set.parts.append(.set(try self.set()))
        continue
      }
      let part = scalar == 0x5C ? try escape(inBrackets: true) : .range(scalar...scalar)
      guard case .range(let low) = part, next == 0x2D, index + 1 < scalars.count,
        scalars[index + 1] != 0x5D
      else {
        set.parts.append(part)
        continue
      }
      index += 2
      let end =
        scalars[index - 1] == 0x5C
        ? try escape(inBrackets: true) : .range(scalars[index - 1]...scalars[index - 1])
      guard case .range(let high) = end, low.lowerBound <= high.lowerBound else {
        throw Malformed()
      }
      set.parts.append(.range(low.lowerBound...high.lowerBound))
    }
    return set
  }

  /// What stands behind a backslash.
  private mutating func escape(inBrackets: Bool) throws -> ScalarSet.Part {
    guard let scalar = next, let letter = Unicode.Scalar(scalar) else { throw Malformed() }
    index += 1
    switch letter {
    case "s", "S": return .whiteSpace(isNegated: letter == "S")
    case "w", "W": return .word(isNegated: letter == "W", inBrackets: inBrackets)
    case "d", "D": return .categories([.nd], isNegated: letter == "D")
    case "p", "P":
      guard take("{" as Unicode.Scalar) else { throw Malformed() }
      var isNegated = letter == "P"
      if take("^" as Unicode.Scalar) { isNegated.toggle() }
      var name = ""
      while let scalar = next, scalar != 0x7D, let letter = Unicode.Scalar(scalar) {
        name.unicodeScalars.append(letter)
        index += 1
      }
      guard take("}" as Unicode.Scalar), let categories = GeneralCategory.named(name) else {
        throw Malformed()
      }
      return .categories(categories, isNegated: isNegated)
    case "n": return .range(0x0A...0x0A)
    case "r": return .range(0x0D...0x0D)
    case "t": return .range(0x09...0x09)
    case "f": return .range(0x0C...0x0C)
    case "v": return .range(0x0B...0x0B)
    case "a"..."z", "A"..."Z", "0"..."9": throw Malformed()
    default: return .range(scalar...scalar)
    }
  }

  // MARK: - Steps

  private static func append(_ node: Node, to steps: inout [RegularExpression.Step]) throws {
    guard steps.count < longestProgram else { throw Malformed() }
    switch node {
    case .set(let set): steps.append(.scalars(set))
    case .sequence(let nodes): for node in nodes { try append(node, to: &steps) }
    case .alternatives(let choices):
      var ends: [Int] = []
      for (number, choice) in choices.enumerated() {
        let start = steps.count
        if number + 1 < choices.count { steps.append(.found) }
        try append(choice, to: &steps)
        guard number + 1 < choices.count else { continue }
        ends.append(steps.count)
        steps.append(.found)
        steps[start] = .either(start + 1, steps.count)
      }
      for end in ends { steps[end] = .jump(steps.count) }
    case .repeated(let inner, let minimum, let maximum, .possessive):
      try append(
        .atomic(.repeated(inner, minimum: minimum, maximum: maximum, .greedy)), to: &steps)
    case .repeated(let inner, let minimum, let maximum, let greed):
      for _ in 0..<minimum { try append(inner, to: &steps) }
      guard let maximum else {
        let start = steps.count
        steps.append(.found)
        try append(inner, to: &steps)
        steps.append(.jump(start))
        steps[start] = either(start + 1, steps.count, greed)
        return
      }
      var starts: [Int] = []
      for _ in minimum..<max(minimum, maximum) {
        starts.append(steps.count)
        steps.append(.found)
        try append(inner, to: &steps)
      }
      for start in starts { steps[start] = either(start + 1, steps.count, greed) }
    case .ahead(let inner, let isWanted):
      let start = steps.count
      steps.append(.found)
      try append(inner, to: &steps)
      steps.append(.found)
      steps[start] = .ahead(isWanted: isWanted, next: steps.count)
    case .atomic(let inner):
      let start = steps.count
      steps.append(.found)
      try append(inner, to: &steps)
      steps.append(.found)
      steps[start] = .atomic(next: steps.count)
    case .lineStart: steps.append(.lineStart)
    case .lineEnd: steps.append(.lineEnd)
    }
  }

  private static func either(_ inside: Int, _ behind: Int, _ greed: Greed) -> RegularExpression.Step
  {
    greed == .lazy ? .either(behind, inside) : .either(inside, behind)
  }
}
