public import Tokens

extension Tokenizer {
  /// Finds the tokens of a text and the places that they come from.
  ///
  /// - Parameters:
  ///   - text: What to encode.
  ///   - addSpecialTokens: Whether the tokens that the model wants around a text are added.
  /// - Returns: The tokens in order.
  public func encode(_ text: String, addSpecialTokens: Bool = true) -> Encoding {
    encode(Array(text.utf8), addSpecialTokens: addSpecialTokens)
  }

  /// Finds the tokens of a text in UTF-8 and the places that they come from.
  ///
  /// - Parameters:
  ///   - bytes: What to encode; a sequence that is not UTF-8 counts as one U+FFFD.
  ///   - addSpecialTokens: Whether the tokens that the model wants around a text are added.
  /// - Returns: The tokens in order.
  public func encode(_ bytes: [UInt8], addSpecialTokens: Bool = true) -> Encoding {
    encoding(of: [pieces(of: bytes)], addSpecialTokens: addSpecialTokens)
  }

  /// Finds the tokens of two texts, as the model wants them side by side.
  ///
  /// - Parameters:
  ///   - first: The first text in UTF-8.
  ///   - second: The second one.
  ///   - addSpecialTokens: Whether the tokens that the model wants around texts are added.
  /// - Returns: The tokens in order.
  public func encode(
    _ first: [UInt8], pairedWith second: [UInt8], addSpecialTokens: Bool = true
  ) -> Encoding {
    encoding(of: [pieces(of: first), pieces(of: second)], addSpecialTokens: addSpecialTokens)
  }

  /// Returns the tokens of a text in UTF-8 and nothing else: the way for large texts.
  ///
  /// No special tokens are added; those that the text spells out are found.
  public func encodeIDs(_ bytes: [UInt8]) -> [TokenID] { encodeIDs(bytes.span) }

  /// Returns the tokens of a text in UTF-8 that lies in memory, and nothing else.
  ///
  /// No special tokens are added; those that the text spells out are found.
  public func encodeIDs(_ bytes: UnsafeBufferPointer<UInt8>) -> [TokenID] {
    unsafe encodeIDs(bytes.span)
  }

  /// Adds the tokens of a text in UTF-8 that lies in memory to others.
  ///
  /// No special tokens are added; those that the text spells out are found.
  public func append(tokensOf bytes: UnsafeBufferPointer<UInt8>, to ids: inout [TokenID]) {
    unsafe append(tokensOf: bytes.span, to: &ids)
  }

  private func encodeIDs(_ bytes: Span<UInt8>) -> [TokenID] {
    var ids: [TokenID] = []
    ids.reserveCapacity(bytes.count / 4 + 8)
    append(tokensOf: bytes, to: &ids)
    return ids
  }

  private func append(tokensOf bytes: Span<UInt8>, to ids: inout [TokenID]) {
    withWorkspace { workspace in
      if let byteLevel = byteLevelWords, byteLevel.parts(bytes) {
        return append(wordsOf: bytes, byteLevel, &workspace, to: &ids)
      }
      guard let splitter else {
        tokenize(bytes, &workspace)
        for piece in workspace.pieces { ids.append(piece.id) }
        return
      }
      splitter.forEachPiece(of: bytes) { range, isWhole in
        if !isWhole, range.count <= ShortWord.longest {
          let word = ShortWord(bytes, range)
          if workspace.shortWords.append(word, to: &ids) { return }
          tokenize(bytes.extracting(range), &workspace)
          workspace.shortWords.learn(word, workspace.pieces)
        } else {
          let piece = bytes.extracting(range)
          let hash = ByteHash().adding(piece)
          if workspace.longWords.append(piece, hash: hash, to: &ids) { return }
          tokenize(piece, &workspace)
          if range.count <= LongWords.longest {
            workspace.longWords.learn(piece, hash: hash, workspace.pieces)
          }
        }
        for piece in workspace.pieces { ids.append(piece.id) }
      }
    }
  }

  /// Adds the tokens of a text that byte-level words are parted of at once.
  private func append(
    wordsOf bytes: Span<UInt8>, _ byteLevel: ByteLevelWords, _ workspace: inout Workspace,
    to ids: inout [TokenID]
  ) {
    byteLevel.forEachWord(of: bytes) { range, hasZero in
      if range.count <= ShortWord.longest, !hasZero {
        let word = ShortWord(bytes, range)
        if workspace.shortWords.append(word, to: &ids) { return }
        spell(byteLevelWord: bytes.extracting(range), &workspace)
        workspace.shortWords.learn(word, workspace.pieces)
      } else {
        spell(byteLevelWord: bytes.extracting(range), &workspace)
      }
      for piece in workspace.pieces { ids.append(piece.id) }
    }
  }

  /// Fills the workspace's pieces with the tokens of one word that has no letters of the byte alphabet yet.
  private func spell(byteLevelWord bytes: Span<UInt8>, _ workspace: inout Workspace) {
    workspace.pieces.removeAll(keepingCapacity: true)
    workspace.original.removeAll(keepingCapacity: true)
    UTF8Decoder.decode(bytes, into: &workspace.original)
    workspace.spare.empty(at: 0)
    for scalar in workspace.original {
      ByteAlphabet.shared.append(scalar, 0, to: &workspace.spare)
    }
    file.model.spell(
      workspace.spare.scalars.indices, of: workspace.spare.scalars, &workspace.word,
      into: &workspace.pieces)
  }

  /// Returns how many steps joining pairs takes in the long words of a text, for tests of how the work grows.
  package func mergeSteps(of bytes: [UInt8]) -> Int {
    withWorkspace { workspace in
      let before = workspace.word.scratch.mergeSteps
      tokenize(bytes.span, &workspace)
      return workspace.word.scratch.mergeSteps - before
    }
  }

  /// Returns what the normalizer makes of a text; added tokens are not looked for.
  package func normalized(_ bytes: [UInt8]) -> [UInt8] {
    Array(words(of: bytes, parted: false).joined())
  }

  /// Returns the words of a text after the normalizer; added tokens are not looked for.
  package func words(of bytes: [UInt8]) -> [[UInt8]] { words(of: bytes, parted: true) }

  private func words(of bytes: [UInt8], parted: Bool) -> [[UInt8]] {
    withWorkspace { workspace in
      workspace.original.removeAll(keepingCapacity: true)
      UTF8Decoder.decode(bytes.span, into: &workspace.original)
      workspace.text.reset(to: workspace.original, in: workspace.original.indices)
      file.normalizer.normalize(&workspace.text, scratch: &workspace.spare)
      var words = Words()
      words.reset(to: workspace.text, workspace.text.scalars.indices)
      if parted { file.preTokenizer.split(&words) }
      return words.ranges.map { range in
        var word: [UInt8] = []
        for scalar in words.text.scalars[range] { UTF8Decoder.encode(scalar, into: &word) }
        return word
      }
    }
  }

  /// The tokens of a text, with the places in it that they come from.
  func pieces(of bytes: [UInt8]) -> [Piece] {
    withWorkspace { workspace in
      tokenize(bytes.span, &workspace)
      return workspace.pieces
    }
  }

  /// Fills the workspace's pieces with the tokens of a text.
  private func tokenize(_ bytes: Span<UInt8>, _ workspace: inout Workspace) {
    workspace.pieces.removeAll(keepingCapacity: true)
    workspace.original.removeAll(keepingCapacity: true)
    workspace.segments.removeAll(keepingCapacity: true)
    UTF8Decoder.decode(bytes, into: &workspace.original)
    addedTokens.inText.segments(of: workspace.original, into: &workspace.segments)
    for segment in workspace.segments {
      if let id = segment.token {
        workspace.pieces.append(Piece(id: id, range: segment.range))
        continue
      }
      workspace.text.reset(to: workspace.original, in: segment.range)
      file.normalizer.normalize(&workspace.text, scratch: &workspace.spare)
      tokenizeNormalized(&workspace)
    }
  }

  private func tokenizeNormalized(_ workspace: inout Workspace) {
    workspace.innerSegments.removeAll(keepingCapacity: true)
    let text = workspace.text
    addedTokens.inNormalizedText.segments(of: text.scalars, into: &workspace.innerSegments)
    for segment in workspace.innerSegments {
      if let id = segment.token {
        workspace.pieces.append(Piece(id: id, range: text.source(of: segment.range)))
        continue
      }
      workspace.words.reset(to: text, segment.range)
      file.preTokenizer.split(&workspace.words)
      for word in workspace.words.ranges {
        let first = workspace.pieces.count
        file.model.spell(
          word, of: workspace.words.text.scalars, &workspace.word, into: &workspace.pieces)
        for index in first..<workspace.pieces.count {
          let piece = workspace.pieces[index]
          workspace.pieces[index] = Piece(
            id: piece.id, range: workspace.words.text.source(of: piece.range))
        }
      }
    }
  }
}

/// Calls `body` with each stretch of bytes between spaces, tabs and line ends, and with its hash.
///
/// Every normalizer and pre-tokenizer treats these as the ends of words.
func forEachChunk(of bytes: Span<UInt8>, _ body: (Span<UInt8>, ByteHash) -> Void) {
  var index = 0
  while index < bytes.count {
    let start = index
    var hash = ByteHash()
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x20 || (byte >= 0x09 && byte <= 0x0D && byte != 0x0B && byte != 0x0C) { break }
      hash.add(byte)
      index += 1
    }
    if start < index { body(bytes.extracting(start..<index), hash) } else { index += 1 }
  }
}
