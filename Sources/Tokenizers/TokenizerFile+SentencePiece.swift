import Tokens

extension TokenizerFile {
  /// A tokenizer as Transformers makes it of a SentencePiece model, special tokens around texts left
  /// out, for that file does not say which there are.
  ///
  /// - Throws: `TokenizerError.contradiction` if it lacks the unknown piece.
  init(_ source: SentencePieceModel, file: String) throws {
    guard let unknown = source.pieces.firstIndex(where: { $0.kind == .unknown }) else {
      throw TokenizerError.contradiction(
        file: file, path: "pieces", problem: "none is the unknown one", expected: "one of type 2")
    }
    var normalizers: [Normalizer] = []
    if !source.charsmap.isEmpty {
      guard let map = PrecompiledMap(source.charsmap) else {
        throw TokenizerError.contradiction(
          file: file, path: "normalizer_spec.precompiled_charsmap",
          problem: "it is no map of characters", expected: "a double-array trie")
      }
      normalizers.append(.precompiled(map))
    }
    if source.removesExtraSpaces {
      normalizers.append(.strip(left: false, right: true))
      normalizers.append(.replace(.expression(.runsOfSpaces), content: [0x2581]))
    }
    let metaspace = Metaspace(prepending: source.addsDummyPrefix ? .always : .never)
    let added = source.pieces.enumerated().compactMap { id, piece -> AddedToken? in
      guard [.unknown, .control, .userDefined].contains(piece.kind) else { return nil }
      var token = AddedToken(id: TokenID(id), content: piece.bytes)
      token.isSpecial = piece.kind != .userDefined
      return token
    }
    let model: TokenizerModel =
      source.modelType == 1
      ? .unigram(
        Unigram(
          source.pieces.map { UnigramPiece(bytes: $0.bytes, score: $0.score) },
          unknown: TokenID(unknown),
          fallsBackToBytes: source.fallsBackToBytes))
      : .bytePairs(source.bytePairs(unknown: source.pieces[unknown].bytes))
    var decoder = TokenDecoder.metaspace(metaspace)
    if source.fallsBackToBytes { decoder = .sequence([.byteFallback, decoder]) }
    self.init(
      normalizer: .sequence(normalizers), preTokenizer: .metaspace(metaspace), model: model,
      postProcessor: .none, decoder: decoder, addedTokens: added)
    try check(file: file)
  }
}

extension SentencePieceModel {
  /// The pairs of pieces that make pieces, the likeliest first.
  fileprivate func bytePairs(unknown: [UInt8]) -> BytePairs {
    var strings = ByteStrings(capacity: pieces.count)
    var ids: [TokenID] = []
    for (id, piece) in pieces.enumerated() {
      let place = strings.insert(piece.bytes.span, hash: ByteHash().adding(piece.bytes.span))
      if place == ids.count { ids.append(TokenID(id)) }
    }
    let vocabulary = Vocabulary(strings, ids: ids)
    var merges: [(score: Double, left: TokenID, right: TokenID, id: TokenID)] = []
    for (id, piece) in pieces.enumerated() where piece.kind == .normal {
      for cut in piece.bytes.indices.dropFirst() where piece.bytes[cut] & 0xC0 != 0x80 {
        guard let left = vocabulary.id(of: Array(piece.bytes[..<cut])),
          let right = vocabulary.id(of: Array(piece.bytes[cut...]))
        else { continue }
        merges.append((piece.score, left, right, TokenID(id)))
      }
    }
    merges.sort { ($1.score, $0.left, $0.right) < ($0.score, $1.left, $1.right) }
    var table = MergeTable(capacity: merges.count)
    for merge in merges { table.append(merge.left, merge.right, becomes: merge.id) }
    return BytePairs(
      vocabulary: vocabulary, merges: table,
      options: BytePairs.Options(
        unknown: unknown, fusesUnknown: true, fallsBackToBytes: fallsBackToBytes))
  }
}
