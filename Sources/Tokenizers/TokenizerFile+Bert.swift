import Tokens

extension TokenizerFile {
  /// A tokenizer as BERT's is, around a vocabulary.
  static func bert(
    _ model: WordPiece, _ normalizer: BertNormalizer, names: SpecialTokenNames = SpecialTokenNames()
  ) -> TokenizerFile {
    func name(_ role: SpecialTokenNames.Role) -> [UInt8] {
      Array((names[role] ?? role.usualNames[0]).utf8)
    }
    func piece(_ role: SpecialTokenNames.Role) -> SpecialPiece? {
      model.vocabulary.id(of: name(role)).map {
        SpecialPiece(name: name(role), ids: [$0], tokens: [name(role)])
      }
    }
    var postProcessor = PostProcessor.none
    if let opening = piece(.classification), let closing = piece(.separator) {
      let single: [TemplateProcessing.Element] = [
        .special(opening, typeID: 0), .text(isSecond: false, typeID: 0),
        .special(closing, typeID: 0),
      ]
      postProcessor = .template(
        TemplateProcessing(
          single: single,
          pair: single + [.text(isSecond: true, typeID: 1), .special(closing, typeID: 1)],
          pieces: [opening, closing]))
    }
    let added = SpecialTokenNames.Role.allCases.compactMap { role in
      model.vocabulary.id(of: name(role)).map { AddedToken(id: $0, content: name(role)) }
    }
    return TokenizerFile(
      normalizer: .bert(normalizer), preTokenizer: .bert(BertPreTokenizer()),
      model: .wordPiece(model), postProcessor: postProcessor,
      decoder: .wordPiece(prefix: model.continuingPrefix, cleansUp: true),
      addedTokens: added.sorted { $0.id < $1.id })
  }
}
