import Checkpoints
import Files
import Models
import Optimizers
import Tensors
import Tokenizers

/// The files of a checkpoint: a folder that opens in Transformers, and the optimizer's state.
struct TrainingFiles {
  let model: any MaskedModel
  let tokenizer: Tokenizer
  let optimizer: any Optimizer
  /// The longest sequence, in tokens, that the model is trained on.
  let blockSize: Int
  /// The most bytes of weights in a file; nil for one file.
  var maximumShardBytes: Int?

  private static let optimizerName = "optimizer.safetensors"

  /// The files that make a model, without the optimizer's state.
  var modelNames: [String] { pieces.map(\.name).filter { $0 != Self.optimizerName } }

  /// What a checkpoint consists of: names, and what writes the bytes.
  var pieces: [(name: String, write: (any ByteSink) throws -> Void)] {
    let plan = SafeTensorsShardPlan(
      ModelFiles.entries(of: model.parameters), maximumBytes: maximumShardBytes)
    var pieces: [(name: String, write: (any ByteSink) throws -> Void)] = plan.files.map {
      name, entries in
      (name, { try SafeTensorsWriter(entries, file: name).write(to: $0) })
    }
    if let index = plan.index { pieces.append((ModelFiles.indexName, { try $0.write(index) })) }
    pieces += [
      ("tokenizer.json", { try $0.write(tokenizer.serialized()) }),
      ("tokenizer_config.json", { try $0.write(tokenizerConfiguration) }),
      (
        Self.optimizerName,
        { try SafeTensorsWriter(moments, file: Self.optimizerName).write(to: $0) }
      ),
    ]
    if let model = model as? any PretrainedModel {
      pieces.insert(
        (ModelFiles.configurationName, { try $0.write(ModelFiles.configurationBytes(of: model)) }),
        at: 0)
    }
    return pieces
  }

  /// Reads weights and moments back into model and optimizer.
  ///
  /// `beat` is called after every tensor.
  ///
  /// - Throws: `ModelError`, `SafeTensorsError` or `FileError` if a file does not hold what the model
  ///   needs.
  func restore(from checkpoint: Checkpoint, beat: () throws -> Void) throws {
    try ModelFiles.loadWeights(
      into: model.parameters, folder: checkpoint.folder, beat: beat)
    try read(moments, from: checkpoint.path(of: Self.optimizerName), beat: beat)
    optimizer.updateCount = checkpoint.step
  }

  private var configuration: ModelConfiguration? { (model as? any PretrainedModel)?.configuration }

  private var tokenizerConfiguration: [UInt8] {
    tokenizer.configurationFile(
      maximumLength: configuration?.longestSequence ?? blockSize,
      hasTypeIDs: configuration.map { $0.segmentTypeCount > 0 } ?? false)
  }

  private var moments: [SafeTensorsWriter.Entry] {
    optimizer.stateNames.enumerated().flatMap { index, name in
      unsafe ModelFiles.entries(
        of: model.parameters, base: optimizer.state + index * model.parameters.count,
        suffix: "." + name)
    }
  }

  private func read(
    _ entries: [SafeTensorsWriter.Entry], from path: String, beat: () throws -> Void
  ) throws {
    let reader = try SafeTensorsReader(path)
    for entry in entries {
      let tensor = try reader.tensor(
        String(decoding: entry.name, as: UTF8.self), shape: entry.shape)
      unsafe try reader.read(tensor, into: UnsafeMutableBufferPointer(mutating: entry.values))
      try beat()
    }
  }
}
