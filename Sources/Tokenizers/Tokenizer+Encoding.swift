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
    withWorkspace { workspace in
      tokenize(bytes.span, &workspace)
      return encoding(of: workspace.pieces, addSpecialTokens: addSpecialTokens)
    }
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
      let scalars = workspace.text.scalars
      var words: [[UInt8]] = []
      func append(_ range: Range<Int>) {
        var word: [UInt8] = []
        for scalar in scalars[range] { UTF8Decoder.encode(scalar, into: &word) }
        words.append(word)
      }
      if parted {
        file.preTokenizer.forEachWord(in: scalars, scalars.indices, append)
      } else {
        append(scalars.indices)
      }
      return words
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
      file.preTokenizer.forEachWord(in: text.scalars, segment.range) { word in
        let first = workspace.pieces.count
        file.model.spell(
          word, of: text.scalars, scratch: &workspace.word, into: &workspace.pieces)
        for index in first..<workspace.pieces.count {
          let piece = workspace.pieces[index]
          workspace.pieces[index] = Piece(id: piece.id, range: text.source(of: piece.range))
        }
      }
    }
  }

  private func encoding(of pieces: [Piece], addSpecialTokens: Bool) -> Encoding {
    var encoding = Encoding(ids: [], offsets: [], specialTokensMask: [], typeIDs: [])
    func append(_ id: TokenID, _ range: Range<Int>, isAdded: Bool, _ typeID: TokenID) {
      encoding.ids.append(id)
      encoding.offsets.append(range)
      encoding.specialTokensMask.append(isAdded ? 1 : 0)
      encoding.typeIDs.append(typeID)
    }
    let template = addSpecialTokens ? file.postProcessor.single : PostProcessor.none.single
    for element in template {
      switch element {
      case .special(let special, let typeID):
        for id in special.ids { append(id, 0..<0, isAdded: true, typeID) }
      case .text(_, let typeID):
        for piece in pieces { append(piece.id, piece.range, isAdded: false, typeID) }
      }
    }
    return encoding
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
