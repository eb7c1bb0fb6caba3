internal import Files
internal import Randomness
internal import Tensors

/// Makes up what stored weights lack: a masked-language head, and vectors of tokens that were added.
struct WeightCompletion {
  /// Names the values.
  let key: RandomKey
  /// How many tokens the weights know.
  let storedVocabularySize: Int

  /// Whether a tensor of one shape lacks nothing but tokens for the other.
  func completes(_ stored: [Int], to shape: [Int]) -> Bool {
    stored.count == shape.count && stored.dropFirst() == shape.dropFirst()
      && stored.first == storedVocabularySize && storedVocabularySize < shape.first ?? 0
  }

  /// Gives the rows behind those that were read their values: near the mean of these in a table, 0 in a
  /// bias.
  ///
  /// Source: `transformers.PreTrainedModel.resize_token_embeddings` and `_adjust_bias`.
  func fillRows(of parameter: Parameter, behind stored: [Int]) {
    guard let first = stored.first, first < parameter.shape[0] else { return }
    guard stored.count > 1 else {
      let added = parameter.count - first
      unsafe (parameter.changeValues() + first).update(repeating: 0, count: added)
      return
    }
    let key = key.derived("added tokens")
    parameter.fillAddedRows(from: first) { key.derived(UInt64($0)).word }
  }

  /// Draws the initial values of a head.
  func initialize(_ head: [Parameter], in store: ParameterStore) {
    for parameter in head {
      store.initialize(parameter) { key.derived(Array($0.utf8)).word }
    }
  }

  /// What was made up, a sentence each.
  func notes(
    head: [Parameter], ignored: [[UInt8]], _ parameters: [Parameter], _ tensors: [SafeTensor]
  ) -> [String] {
    var notes: [String] = []
    if let first = head.first {
      notes.append(
        "the weights hold no masked-language head: '\(first.name)'"
          + (head.count > 1 ? " and \(head.count - 1) more begin" : " begins") + " fresh")
    }
    if let first = ignored.first {
      notes.append(
        "'\(String(displaying: first))'"
          + (ignored.count > 1 ? " and \(ignored.count - 1) more belong" : " belongs")
          + " to a head for something else and plays no part")
    }
    for (parameter, tensor) in zip(parameters, tensors) where parameter.shape.count > 1 {
      guard parameter.shape != tensor.shape else { continue }
      notes.append(
        "'\(parameter.name)' grows from \(tensor.shape[0]) to \(parameter.shape[0]) tokens: the new "
          + "ones begin near the mean of the others")
    }
    return notes
  }
}
