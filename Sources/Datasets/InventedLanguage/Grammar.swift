import Randomness

/// The words and rules of an invented language.
struct Grammar: Sendable {
  /// A kind of sentence: one of its patterns, each as likely as the others.
  struct Rule: Sendable {
    let name: String
    let patterns: [Pattern]
  }

  let words: [[UInt8]]
  let rules: [Rule]
  /// The sign that ends every sentence.
  let stop: Int

  init(key: RandomKey) {
    var lexicon = Lexicon(key: key)
    let stop = lexicon.add(".")
    let little = LittleWords(lexicon: &lexicon)
    let rules = [
      Rule(name: "agreement", patterns: Self.agreement(&lexicon)),
      Rule(name: "pronouns", patterns: Self.pronouns(&lexicon, little)),
      Rule(name: "arithmetic", patterns: Self.arithmetic(&lexicon, little)),
      Rule(name: "order", patterns: Self.order(&lexicon, little)),
      Rule(name: "brackets", patterns: Self.brackets(&lexicon)),
      Rule(name: "kinds", patterns: Self.kinds(&lexicon, little)),
      Rule(name: "opposites", patterns: Self.opposites(&lexicon, little)),
      Rule(name: "comparison", patterns: Self.comparison(&lexicon, little)),
    ]
    let things = lexicon.coin(24)
    self.rules =
      (rules + [
        Rule(name: "repetition", patterns: Self.repetition(of: things, little)),
        Rule(name: "mirror", patterns: Self.mirror(of: things, little)),
      ]).map { rule in
        Rule(name: rule.name, patterns: rule.patterns.map { $0.then(stop) })
      }
    words = lexicon.words
    self.stop = stop
  }
}

/// The words that hold sentences together; several rules share some of them.
struct LittleWords {
  let and, equals, plus, minus, after, before, comes, next: Int
  let never, either, or, above, below, so, say, again, turn, gives: Int

  init(lexicon: inout Lexicon) {
    and = lexicon.coinShort()
    equals = lexicon.coinShort()
    plus = lexicon.coinShort()
    minus = lexicon.coinShort()
    after = lexicon.coinShort()
    before = lexicon.coinShort()
    comes = lexicon.coinShort()
    next = lexicon.coinShort()
    never = lexicon.coinShort()
    either = lexicon.coinShort()
    or = lexicon.coinShort()
    above = lexicon.coinShort()
    below = lexicon.coinShort()
    so = lexicon.coinShort()
    say = lexicon.coinShort()
    again = lexicon.coinShort()
    turn = lexicon.coinShort()
    gives = lexicon.coinShort()
  }
}
