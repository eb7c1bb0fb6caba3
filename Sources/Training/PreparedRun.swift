import Collectives
import Datasets
import Files
import Hub
import Kernels
import Models
import Tensors
import Tokenizers

/// Everything that a run needs before its model takes memory.
struct PreparedRun {
  let arguments: TrainingArguments
  let threadCount: Int
  /// The output folder, on rank 0; nil elsewhere and where nothing is to be written.
  let folder: RunFolder?
  let tokenizer: Tokenizer
  let training: TokenDataset
  let validation: TokenDataset
  let configuration: ModelConfiguration
  /// Where the weights lie that training begins with; nil for fresh ones.
  let pretrained: ModelFolder?
  let precision: Precision
  /// Whether this machine has the memory.
  let memory: MemoryCheck

  /// Finds the texts of a run, the same on all ranks.
  static func texts(
    _ arguments: TrainingArguments, on world: any Communicator
  ) throws -> TextDataset {
    try world.together("look at the data") {
      try arguments.validate()
      return arguments.data.isEmpty
        ? try TextDataset(text: EmbeddedText.bytes(), name: EmbeddedText.name)
        : try TextDataset(paths: arguments.data)
    }
  }

  /// Prepares a run; all ranks must call it with the same arguments.
  ///
  /// - Parameters:
  ///   - arguments: what to train on and how.
  ///   - texts: what the arguments name.
  ///   - world: the ranks.
  ///   - console: where to tell about it.
  ///   - purpose: what the output folder's record says; nil leaves the folder alone.
  /// - Throws: whatever is wrong with arguments, files or ranks, on every rank.
  init(
    _ arguments: TrainingArguments, _ texts: TextDataset, on world: any Communicator,
    console: Console, purpose: String?
  ) throws {
    self.arguments = arguments
    world.phase = "preparation"
    try world.requireEqual(Self.environment(arguments))
    threadCount = try ThreadShare.configure(arguments.threads, on: world)
    let pretrained = try Self.pretrained(
      arguments, needs: purpose == nil ? .configuration : [.configuration, .weights], on: world,
      console: console)
    self.pretrained = pretrained
    let choice = try world.together("look at the settings") {
      _ = try BatchPlan(
        sampleCount: 1, microBatchSize: arguments.microBatchSize,
        globalBatchSize: arguments.globalBatchSize, order: .sequential, rank: world.rank,
        worldSize: world.worldSize)
      if pretrained != nil, arguments.tokenizer == nil, arguments.vocabularySize != nil {
        throw ArgumentsError(problems: [
          "--vocabulary-size is of no use with --model \(arguments.model), which has a tokenizer: "
            + "leave it out"
        ])
      }
      return try ModelChoice(arguments, folder: pretrained)
    }
    let preparation = Preparation(arguments: arguments, world: world, console: console)
    folder = try purpose.flatMap { try preparation.openFolder(purpose: $0, pretrained) }
    folder?.origin = pretrained?.origin
    tokenizer = try preparation.tokenizer(
      for: texts, choice, pretrained, checkpoint: folder?.checkpoint, threadCount: threadCount)
    (training, validation) = try preparation.samples(of: texts, tokenizer, threadCount: threadCount)
    configuration = try world.together("look at the model") { [tokenizer] in
      try choice.configuration(for: tokenizer)
    }
    for note in choice.notes(on: configuration, for: tokenizer) { console.show("note: " + note) }
    let (precision, note) = try arguments.precision.resolve(
      saved: folder?.savedPrecision, on: world)
    if let note { console.show("note: " + note) }
    self.precision = precision
    memory = MemoryCheck(
      MemoryForecast(
        configuration,
        activations: ActivationForecast(
          configuration, microBatchSize: min(arguments.microBatchSize, training.count),
          blockSize: training.longestSampleCount, maskProbability: arguments.maskProbability,
          recomputes: arguments.recompute),
        ranks: MemoryForecast.Ranks(world, microBatchesPerStep: arguments.microBatchesPerStep),
        resident: ProcessMemory.residentBytes), arguments)
  }

  /// Finds the model whose weights are to be trained further; nil where fresh ones are.
  private static func pretrained(
    _ arguments: TrainingArguments, needs: HubNeeds, on world: any Communicator, console: Console
  ) throws -> ModelFolder? {
    guard NamedSize(rawValue: arguments.model) == nil else {
      try world.together("look at the model's name") {
        if arguments.revision != nil { throw ModelFolderError.revisionOfAPath(arguments.model) }
      }
      return nil
    }
    return try ModelFolder.locate(
      arguments.model, revision: arguments.revision,
      needs: arguments.tokenizer == nil ? needs.union(.tokenizer) : needs, on: world,
      console: console)
  }

  /// What must be the same on all ranks before any of them begins.
  private static func environment(_ arguments: TrainingArguments) -> [(String, String)] {
    [
      ("lockstep", LockstepVersion.current), ("CPU", Platform.arithmetic(rounding: true)),
      ("--model", arguments.model), ("--revision", arguments.revision ?? "main"),
      ("--tokenizer", arguments.tokenizer ?? "learnt"),
      ("--config-overrides", arguments.configOverrides ?? "none"),
      ("--vocabulary-size", arguments.vocabularySize.map(String.init) ?? "default"),
      ("--micro-batch-size", "\(arguments.microBatchSize)"),
      ("--global-batch-size", "\(arguments.globalBatchSize)"), ("--resume", "\(arguments.resume)"),
      ("--precision", arguments.precision.rawValue),
    ]
  }
}

/// The text of the embedded invented language.
enum EmbeddedText {
  static let name = "the invented language"
  private static let sentenceCount = 60_000

  /// The text as it is trained on.
  static func bytes() -> [UInt8] { InventedLanguage().text(sentenceCount: sentenceCount) }
}
