import Tokens

/// Spells words by joining pairs of neighbours, the pair that was learnt first always first.
///
/// Source: `tokenizers.models.BPE`, for what Hugging Face calls merges.
struct BytePairs: Sendable {
  /// Words of at most so many letters are joined by looking at all pairs again and again.
  private static let shortWord = 24

  /// What a file says besides vocabulary and merges.
  struct Options: Sendable, Equatable {
    var unknown: [UInt8]?
    var continuingPrefix: [UInt8]?
    var endSuffix: [UInt8]?
    /// Whether neighbouring letters that are unknown make one token.
    var fusesUnknown = false
    /// Whether letters that are unknown are spelt in bytes, as `<0x0A>`.
    var fallsBackToBytes = false
    /// Whether a word that is a token is one, whatever the merges.
    var ignoresMerges = false
  }

  let vocabulary: Vocabulary
  let options: Options
  let unknownID: TokenID?
  /// The pairs of tokens in the order in which they were learnt.
  let merges: MergeTable
  /// The token of each byte, where bytes are fallen back to.
  private let byteIDs: [TokenID]?
  /// The tokens of the letters of byte-level vocabularies, -1 for none.
  private let letterIDs: [TokenID]

  /// - Precondition: The numbers of `merges` are those of tokens in `vocabulary`.
  init(vocabulary: Vocabulary, merges: MergeTable, options: Options = Options()) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.options = options
    unknownID = options.unknown.flatMap { vocabulary.id(of: $0) }
    byteIDs = options.fallsBackToBytes ? ByteTokens.ids(in: vocabulary) : nil
    letterIDs = (0..<0x200).map { scalar in
      var bytes: [UInt8] = []
      UTF8Decoder.encode(UInt32(scalar), into: &bytes)
      return vocabulary.id(of: bytes) ?? -1
    }
  }

  /// A token on its way, and how many bytes of the word it covers.
  struct Symbol {
    var id: TokenID
    var length: Int32
  }

  /// Spells the word in `word`.
  ///
  /// - Parameters:
  ///   - word: The word, which is not empty, and memory.
  ///   - pieces: Where the tokens are appended, with the places of their bytes.
  func spell(_ word: inout WordScratch, into pieces: inout [Piece]) {
    if options.ignoresMerges, let id = vocabulary.id(of: word.bytes) {
      return pieces.append(Piece(id: id, range: 0..<word.bytes.count))
    }
    takeApart(&word)
    if word.symbols.count <= Self.shortWord {
      joinFew(&word.symbols)
    } else {
      word.mergeSteps += LongWordMerging.join(&word.symbols, merges)
    }
    var start = 0
    for symbol in word.symbols {
      let end = start + Int(symbol.length)
      pieces.append(Piece(id: symbol.id, range: start..<end))
      start = end
    }
  }

  private func takeApart(_ word: inout WordScratch) {
    word.symbols.removeAll(keepingCapacity: true)
    let hasAffixes =
      options.continuingPrefix?.isEmpty == false || options.endSuffix?.isEmpty == false
    var unknown: Symbol?
    var start = 0
    for (index, end) in word.ends.enumerated() {
      let length = Int32(end - start)
      defer { start = end }
      let letter = hasAffixes ? nil : word.scalar(from: start, to: end)
      let id: TokenID?
      if let letter, letter < 0x200 {
        id = letterIDs[Int(letter)] >= 0 ? letterIDs[Int(letter)] : nil
      } else if hasAffixes {
        let prefix = index > 0 ? options.continuingPrefix ?? [] : []
        let suffix = end == word.bytes.count ? options.endSuffix ?? [] : []
        id = vocabulary.id(of: prefix + word.bytes[start..<end] + suffix)
      } else {
        let part = word.bytes.span.extracting(start..<end)
        id = vocabulary.id(
          of: part.extracting(first: 0), then: part, hash: ByteHash().adding(part))
      }
      if let id {
        if let waiting = unknown { word.symbols.append(waiting) }
        unknown = nil
        word.symbols.append(Symbol(id: id, length: length))
      } else if let byteIDs {
        for byte in word.bytes[start..<end] {
          word.symbols.append(Symbol(id: byteIDs[Int(byte)], length: 1))
        }
      } else if let unknownID {
        if let waiting = unknown, options.fusesUnknown {
          unknown = Symbol(id: unknownID, length: waiting.length + length)
        } else {
          if let waiting = unknown { word.symbols.append(waiting) }
          unknown = Symbol(id: unknownID, length: length)
        }
      }
    }
    if let unknown { word.symbols.append(unknown) }
  }

  private func joinFew(_ symbols: inout [Symbol]) {
    while symbols.count > 1 {
      var best: (merge: MergeTable.Merge, place: Int)?
      for place in 0..<symbols.count - 1 {
        guard let merge = merges[symbols[place].id, symbols[place + 1].id],
          merge.rank < best?.merge.rank ?? .max
        else { continue }
        best = (merge, place)
      }
      guard let (merge, place) = best else { return }
      symbols[place].id = merge.id
      symbols[place].length += symbols[place + 1].length
      symbols.remove(at: place + 1)
    }
  }
}

/// Joins the pairs of long words in n log n steps.
private enum LongWordMerging {
  /// Joins pairs, and returns how many steps that took: turns of loops, those of the queue included.
  static func join(_ symbols: inout [BytePairs.Symbol], _ merges: MergeTable) -> Int {
    var stepCount = 2 * symbols.count
    var next = (1...symbols.count).map { Int32($0) }
    var previous = (-1..<symbols.count - 1).map { Int32($0) }
    var isGone = [Bool](repeating: false, count: symbols.count)
    var queue = Heap<UInt64>()
    func offer(_ place: Int) {
      let right = Int(next[place])
      guard right < symbols.count, let merge = merges[symbols[place].id, symbols[right].id] else {
        return
      }
      queue.push(UInt64(UInt32(merge.rank)) << 32 | UInt64(place))
    }
    for place in symbols.indices { offer(place) }
    while let top = queue.pop() {
      stepCount += 1
      let place = Int(top & 0xFFFF_FFFF)
      let right = Int(next[place])
      guard !isGone[place], right < symbols.count,
        let merge = merges[symbols[place].id, symbols[right].id],
        UInt64(UInt32(merge.rank)) == top >> 32
      else { continue }
      symbols[place].id = merge.id
      symbols[place].length += symbols[right].length
      isGone[right] = true
      next[place] = next[right]
      if Int(next[right]) < symbols.count { previous[Int(next[right])] = Int32(place) }
      if previous[place] >= 0 { offer(Int(previous[place])) }
      offer(place)
    }
    var kept = 0
    for place in symbols.indices where !isGone[place] {
      symbols[kept] = symbols[place]
      kept += 1
    }
    symbols.removeSubrange(kept...)
    return stepCount + queue.stepCount
  }
}
