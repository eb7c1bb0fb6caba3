extension Grammar {
  /// Article, adjective, noun, verb, adverb: article and adjective follow the noun's class, article
  /// and verb its number, the adverb the verb.
  static func agreement(_ lexicon: inout Lexicon) -> [Pattern] {
    let articles = lexicon.coin(3, by: 2)
    let nouns = lexicon.coin(24, by: 2)
    let adjectives = lexicon.coin(8, by: 3)
    let verbs = lexicon.coin(8, by: 2)
    let adverbs = lexicon.coin(8)
    return [
      Pattern(24, 2, 8, 8)
        .then(0, 1) { noun, number in articles[noun / 8][number] }
        .then(0, 2) { noun, adjective in adjectives[adjective][noun / 8] }
        .then(0, 1) { noun, number in nouns[noun][number] }
        .then(1, 3) { number, verb in verbs[verb][number] }
        .then(3) { adverbs[$0] }
    ]
  }

  /// Somebody does something to a thing, and the pronoun of that person does what follows from it
  /// with the possessive and the same thing.
  static func pronouns(_ lexicon: inout Lexicon, _ little: LittleWords) -> [Pattern] {
    let names = lexicon.coin(24)
    let pronouns = lexicon.coin(3)
    let possessives = lexicon.coin(3)
    let causes = lexicon.coin(8)
    let effects = lexicon.coin(8)
    let things = lexicon.coin(16)
    return [
      Pattern(24, 8, 16)
        .then(0) { names[$0] }
        .then(1) { causes[$0] }
        .then(2) { things[$0] }
        .then(little.and)
        .then(0) { pronouns[$0 / 8] }
        .then(1) { effects[$0] }
        .then(0) { possessives[$0 / 8] }
        .then(2) { things[$0] }
    ]
  }

  /// Sums and differences of the numbers from zero to seven.
  static func arithmetic(_ lexicon: inout Lexicon, _ little: LittleWords) -> [Pattern] {
    let numbers = lexicon.coin(15)
    return [
      Pattern(8, 8)
        .then(0) { numbers[$0] }.then(little.plus).then(1) { numbers[$0] }
        .then(little.equals).then(0, 1) { numbers[$0 + $1] },
      Pattern(8, 8)
        .then(0, 1) { numbers[$0 + $1] }.then(little.minus).then(1) { numbers[$0] }
        .then(little.equals).then(0) { numbers[$0] },
    ]
  }

  /// The days of a week and the months of a year, forwards and backwards.
  static func order(_ lexicon: inout Lexicon, _ little: LittleWords) -> [Pattern] {
    [lexicon.coin(7), lexicon.coin(12)].flatMap { cycle in
      [(little.after, 1), (little.before, cycle.count - 1)].map { direction, distance in
        Pattern(cycle.count)
          .then(direction).then(0) { cycle[$0] }
          .then(little.comes).then(0) { cycle[($0 + distance) % cycle.count] }
          .then(little.next).then(0) { cycle[($0 + 2 * distance) % cycle.count] }
      }
    }
  }

  /// Every opening bracket is closed by its own kind, the last opened first.
  static func brackets(_ lexicon: inout Lexicon) -> [Pattern] {
    let opening = lexicon.coin(4)
    let closing = lexicon.coin(4)
    let inner = lexicon.coin(12)
    return [
      Pattern(4, 4, 12)
        .then(0) { opening[$0] }.then(1) { opening[$0] }.then(2) { inner[$0] }
        .then(1) { closing[$0] }.then(0) { closing[$0] },
      Pattern(4, 4, 12, 12)
        .then(0) { opening[$0] }.then(2) { inner[$0] }.then(0) { closing[$0] }
        .then(1) { opening[$0] }.then(3) { inner[$0] }.then(1) { closing[$0] },
      Pattern(4, 4, 4, 12)
        .then(0) { opening[$0] }.then(1) { opening[$0] }.then(2) { opening[$0] }
        .then(3) { inner[$0] }
        .then(2) { closing[$0] }.then(1) { closing[$0] }.then(0) { closing[$0] },
    ]
  }

  /// A member of a kind does what its kind does, where its kind does it.
  static func kinds(_ lexicon: inout Lexicon, _ little: LittleWords) -> [Pattern] {
    let members = lexicon.coin(48)
    let kinds = lexicon.coin(6)
    let habits = lexicon.coin(6)
    let places = lexicon.coin(6)
    return [
      Pattern(48)
        .then(0) { members[$0] }.then(little.equals).then(0) { kinds[$0 / 8] }
        .then(little.and).then(0) { habits[$0 / 8] }.then(0) { places[$0 / 8] }
    ]
  }

  /// Of two opposites, one excludes the other.
  static func opposites(_ lexicon: inout Lexicon, _ little: LittleWords) -> [Pattern] {
    let pairs = lexicon.coin(16, by: 2)
    return [
      Pattern(16, 2)
        .then(little.either).then(0, 1) { pairs[$0][$1] }
        .then(little.or).then(0, 1) { pairs[$0][1 - $1] },
      Pattern(16, 2)
        .then(0, 1) { pairs[$0][$1] }.then(little.equals)
        .then(little.never).then(0, 1) { pairs[$0][1 - $1] },
    ]
  }

  /// Twelve beings in an order of size, of which two are compared, or compared both ways.
  static func comparison(_ lexicon: inout Lexicon, _ little: LittleWords) -> [Pattern] {
    let beings = lexicon.coin(12)
    let pairs = (0..<12).flatMap { large in (0..<large).map { (large: large, small: $0) } }
    return [
      Pattern(pairs.count)
        .then(0) { beings[pairs[$0].large] }.then(little.above)
        .then(0) { beings[pairs[$0].small] },
      Pattern(pairs.count)
        .then(0) { beings[pairs[$0].small] }.then(little.below)
        .then(0) { beings[pairs[$0].large] },
      Pattern(pairs.count)
        .then(0) { beings[pairs[$0].large] }.then(little.above)
        .then(0) { beings[pairs[$0].small] }.then(little.so)
        .then(0) { beings[pairs[$0].small] }.then(little.below)
        .then(0) { beings[pairs[$0].large] },
    ]
  }

  /// What was said is said again in the same order.
  static func repetition(of things: [Int], _ little: LittleWords) -> [Pattern] {
    [
      Pattern(24, 24)
        .then(little.say).then(0) { things[$0] }.then(1) { things[$0] }
        .then(little.again).then(0) { things[$0] }.then(1) { things[$0] },
      Pattern(24, 24, 24)
        .then(little.say).then(0) { things[$0] }.then(1) { things[$0] }.then(2) { things[$0] }
        .then(little.again).then(0) { things[$0] }.then(1) { things[$0] }.then(2) { things[$0] },
    ]
  }

  /// What was said is said in the opposite order.
  static func mirror(of things: [Int], _ little: LittleWords) -> [Pattern] {
    [
      Pattern(24, 24)
        .then(little.turn).then(0) { things[$0] }.then(1) { things[$0] }
        .then(little.gives).then(1) { things[$0] }.then(0) { things[$0] },
      Pattern(24, 24, 24)
        .then(little.turn).then(0) { things[$0] }.then(1) { things[$0] }.then(2) { things[$0] }
        .then(little.gives).then(2) { things[$0] }.then(1) { things[$0] }.then(0) { things[$0] },
    ]
  }
}
