/// What a file of weights may hold besides the parameters, and how else it may call them.
package struct WeightNames: Sendable {
  /// Tensors that repeat a parameter, because the model ties the two: `tensor` repeats `parameter`.
  var duplicates: [(tensor: String, parameter: String)] = []
  /// How the names of tensors begin that the model does not use.
  var unused: [String] = []

  /// How the names of the encoder's parameters begin; a file of the encoder alone has them without it.
  private var prefix = ""
  /// Parameters with a row for every token.
  private var vocabulary: [String] = []

  /// Nothing but the parameters, under their own names.
  package init() {}

  /// The names of BERT: next-sentence head and pooler belong to pre-training and other tasks.
  static let bert = WeightNames(
    encoder: "bert", decoder: "cls.predictions.decoder", bias: "cls.predictions.bias",
    unused: ["cls.seq_relationship."])

  /// The names of RoBERTa.
  static let roberta = WeightNames(
    encoder: "roberta", decoder: "lm_head.decoder", bias: "lm_head.bias", unused: [])

  /// The names of DistilBERT.
  static let distilBERT = WeightNames(
    encoder: "distilbert", decoder: "vocab_projector", bias: "vocab_projector.bias", unused: [])

  /// The names of ELECTRA: its discriminator's head belongs to pre-training.
  static let electra = WeightNames(
    encoder: "electra", decoder: "generator_lm_head", bias: "generator_lm_head.bias",
    unused: ["discriminator_predictions."])

  /// The names of ALBERT: the head for the order of sentences belongs to pre-training.
  static let albert = WeightNames(
    encoder: "albert", decoder: "predictions.decoder", bias: "predictions.bias",
    unused: ["sop_classifier."])

  /// The names of MPNet.
  static let mpnet = WeightNames(
    encoder: "mpnet", decoder: "lm_head.decoder", bias: "lm_head.bias", unused: [])

  init(
    encoder: String, embeddings: String = "word_embeddings", decoder: String, bias: String,
    moreBiases: [String] = [], unused: [String]
  ) {
    let embeddings = "\(encoder).embeddings.\(embeddings).weight"
    duplicates = [(decoder + ".weight", embeddings)]
    prefix = encoder + "."
    vocabulary = [embeddings, bias] + moreBiases
    if decoder + ".bias" != bias { duplicates.append((decoder + ".bias", bias)) }
    self.unused =
      unused + [
        encoder + ".pooler.", encoder + ".embeddings.position_ids",
        encoder + ".embeddings.token_type_ids", "pooler.", "embeddings.position_ids",
        "embeddings.token_type_ids",
      ]
  }

  /// The names under which a file may hold a parameter, its own first.
  ///
  /// Files of TensorFlow's time call the parameters of normalizations gamma and beta.
  func spellings(of parameter: String) -> [String] {
    var names = [parameter]
    if !prefix.isEmpty, parameter.hasPrefix(prefix) {
      names.append(String(parameter.dropFirst(prefix.count)))
    }
    return names.flatMap(Self.agedSpellings)
      + duplicates.filter { $0.parameter == parameter }.map(\.tensor)
  }

  /// Whether a parameter belongs to the head.
  func isHead(_ parameter: String) -> Bool { !prefix.isEmpty && !parameter.hasPrefix(prefix) }

  /// Whether a tensor bears a name that only the encoder's have.
  func isEncoder(_ tensor: [UInt8]) -> Bool {
    !prefix.isEmpty && tensor.starts(with: prefix.utf8)
  }

  /// Whether a tensor repeats a parameter.
  func isDuplicate(_ tensor: [UInt8]) -> Bool {
    duplicates.contains { Array($0.tensor.utf8) == tensor }
  }

  /// Whether a parameter has a row for every token.
  func isVocabulary(_ parameter: String) -> Bool { vocabulary.contains(parameter) }

  private static func agedSpellings(of parameter: String) -> [String] {
    var spellings = [parameter]
    for (new, old) in [(".weight", ".gamma"), (".bias", ".beta")] where parameter.hasSuffix(new) {
      spellings.append(parameter.dropLast(new.count) + old)
    }
    return spellings
  }

  func isUnused(_ tensor: [UInt8]) -> Bool { unused.contains { tensor.starts(with: $0.utf8) } }
}
