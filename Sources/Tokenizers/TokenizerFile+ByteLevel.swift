import Tokens

extension TokenizerFile {
  /// A tokenizer as RoBERTa's is where the vocabulary has its special tokens, else as GPT-2's.
  static func byteLevel(
    _ model: BytePairs, names: SpecialTokenNames = SpecialTokenNames(),
    addsPrefixSpace: Bool = false
  ) -> TokenizerFile {
    func token(_ name: String) -> AddedToken? {
      let content = Array(name.utf8)
      return model.vocabulary.id(of: content).map { AddedToken(id: $0, content: content) }
    }
    func token(_ role: SpecialTokenNames.Role, usually name: String) -> AddedToken? {
      token(names[role] ?? name)
    }
    func piece(_ token: AddedToken) -> SpecialPiece {
      SpecialPiece(name: token.content, ids: [token.id], tokens: [token.content])
    }
    var mask = token(.mask, usually: "<mask>")
    mask?.stripsLeft = true
    let opening = token(.classification, usually: "<s>")
    let closing = token(.separator, usually: "</s>")
    var added = [opening, token(.padding, usually: "<pad>"), closing, mask].compactMap { $0 }
    let others = [token(.unknown, usually: "<unk>"), opening == nil ? token("<|endoftext|>") : nil]
    for other in others {
      if let other, !added.contains(where: { $0.id == other.id }) { added.append(other) }
    }
    let words = ByteLevelPreTokenizer(addsPrefixSpace: addsPrefixSpace)
    var postProcessor = PostProcessor.byteLevel(ByteLevelPreTokenizer(trimsOffsets: false))
    if let opening, let closing {
      postProcessor = .roberta(
        separator: piece(closing), classification: piece(opening), trimsOffsets: true,
        addsPrefixSpace: addsPrefixSpace)
    }
    return TokenizerFile(
      normalizer: .none, preTokenizer: .byteLevel(words), model: .bytePairs(model),
      postProcessor: postProcessor, decoder: .byteLevel(ByteLevelPreTokenizer()),
      addedTokens: added.sorted { $0.id < $1.id })
  }
}
