import Tokens

/// The tokens of a model and their numbers, both ways.
struct Vocabulary: Sendable {
  private let tokens: ByteStrings
  /// The number of the token at each place of `tokens`.
  private let ids: [TokenID]
  /// The place of the token of each number, or -1.
  private let places: [Int32]
  /// The length of the longest token in bytes.
  let longestToken: Int

  /// Takes tokens with their numbers.
  ///
  /// - Precondition: `ids` are as many as `tokens`, at least 0, all different, and not so large that
  ///   a table up to the largest cannot be held.
  init(_ tokens: ByteStrings, ids: [TokenID]) {
    precondition(tokens.count == ids.count, "\(tokens.count) tokens with \(ids.count) numbers")
    self.tokens = tokens
    self.ids = ids
    var places = [Int32](repeating: -1, count: Int(ids.max() ?? -1) + 1)
    var longest = 0
    for (place, id) in ids.enumerated() {
      places[Int(id)] = Int32(place)
      longest = max(longest, tokens.range(at: place).count)
    }
    self.places = places
    longestToken = longest
  }

  /// How many tokens there are.
  var count: Int { ids.count }

  /// One more than the largest number.
  var limit: Int { places.count }

  /// Returns the number of a token.
  func id(of token: [UInt8]) -> TokenID? { tokens.place(of: token).map { ids[$0] } }

  /// Returns the number of a token that is given in two parts; `hash` covers both.
  func id(of first: Span<UInt8>, then second: Span<UInt8>, hash: ByteHash) -> TokenID? {
    tokens.place(of: first, then: second, hash: hash).map { ids[$0] }
  }

  /// Returns the token of a number.
  func token(of id: TokenID) -> [UInt8]? {
    guard places.indices.contains(Int(id)), places[Int(id)] >= 0 else { return nil }
    return tokens[Int(places[Int(id)])]
  }

  /// Calls `body` with each token, numbers ascending.
  func forEachToken(_ body: (TokenID, [UInt8]) -> Void) {
    for (id, place) in places.enumerated() where place >= 0 {
      body(TokenID(id), tokens[Int(place)])
    }
  }
}
