import Collectives
import Datasets
import Files
import Layers
import Models
import Randomness
import TestSupport
import Tokenizers
import Tokens
import Training

/// A run that is small enough to be made many times: 24 samples of 8 tokens, a model of width 8.
struct SmallRun {
  let tokenizer: Tokenizer
  let samples: TokenDataset
  var arguments = TrainingArguments()

  init(output: String) throws {
    let words = "red green blue stone river cloud runs falls sings over under the"
    var counts = WordCounts()
    for word in words.split(separator: " ") { counts.add(Array(word.utf8), count: 3) }
    tokenizer = try WordPieceTrainer(vocabularySize: 60).train(on: counts)
    let special = try tokenizer.specialTokens
    let all = tokenizer.encodeIDs(Array(words.utf8))
    samples = TokenDataset(
      samples: (0..<24).map { sample in
        [special.classification] + (0..<6).map { all[(sample * 5 + $0 * $0) % all.count] }
          + [special.separator]
      })
    arguments.output = output
    arguments.microBatchSize = 2
    arguments.globalBatchSize = 8
    arguments.epochs = 3
    arguments.learningRate = 1e-2
    arguments.blockSize = 8
    arguments.saveEvery = 0
    arguments.evaluateEvery = 0
    arguments.logEvery = 1
  }

  func model() throws -> any PretrainedModel {
    let size = EncoderSize(layerCount: 2, width: 8, headCount: 2, intermediateSize: 12)
    return ModelRegistry.make(
      try .custom(
        size, type: "bert", vocabularySize: tokenizer.vocabularySize, positionCount: 8,
        dropout: 0.1, paddingID: 0), key: RandomKey(seed: arguments.seed))
  }

  func trainer(
    on world: any Communicator, model: (any MaskedModel)? = nil
  ) throws -> Trainer {
    let split = try samples.split(validationFraction: 0.25, seed: arguments.seed)
    return try Trainer(
      model: model ?? self.model(), tokenizer: tokenizer,
      collator: MaskingCollator(tokenizer, probability: 0.3, seed: arguments.seed),
      training: split.training, evaluation: split.validation, arguments: arguments, world: world)
  }

  /// The digest of the finished model's weights.
  func digest() throws -> String {
    try SHA256.digest(of: File.read(arguments.output + "/model/model.safetensors")).hex
  }
}
