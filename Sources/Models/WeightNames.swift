/// What a file of weights may hold besides the parameters, and how else it may call them.
package struct WeightNames: Sendable {
  /// Tensors that repeat a parameter, because the model ties the two: `tensor` repeats `parameter`.
  var duplicates: [(tensor: String, parameter: String)] = []
  /// How the names of tensors begin that the model does not use.
  var unused: [String] = []

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

  private init(encoder: String, decoder: String, bias: String, unused: [String]) {
    duplicates = [(decoder + ".weight", encoder + ".embeddings.word_embeddings.weight")]
    if decoder + ".bias" != bias { duplicates.append((decoder + ".bias", bias)) }
    self.unused =
      unused + [
        encoder + ".pooler.", encoder + ".embeddings.position_ids",
        encoder + ".embeddings.token_type_ids",
      ]
  }

  /// The names under which a file may hold a parameter, its own first.
  ///
  /// Files of TensorFlow's time call the parameters of normalizations gamma and beta.
  func spellings(of parameter: String) -> [String] {
    var spellings = [parameter]
    for (new, old) in [(".weight", ".gamma"), (".bias", ".beta")] where parameter.hasSuffix(new) {
      spellings.append(parameter.dropLast(new.count) + old)
    }
    return spellings + duplicates.filter { $0.parameter == parameter }.map(\.tensor)
  }

  func isUnused(_ tensor: [UInt8]) -> Bool { unused.contains { tensor.starts(with: $0.utf8) } }
}
