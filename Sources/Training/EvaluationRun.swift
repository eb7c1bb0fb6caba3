public import Collectives
import Datasets
import Files
import Models
import Tokenizers

/// What `lockstep evaluate` does.
public enum EvaluationRun {
  /// Evaluates a finished model on text; all ranks must call it, rank 0 computes.
  ///
  /// - Parameters:
  ///   - arguments: what to evaluate and on what.
  ///   - world: the ranks.
  ///   - console: where to show how far it is; only rank 0's is used.
  /// - Returns: the evaluation, the same on every rank.
  /// - Throws: what is wrong with the model or the texts, on every rank.
  public static func run(
    _ arguments: EvaluationArguments, on world: any Communicator, console: Console
  ) throws -> Evaluation {
    world.phase = "evaluation"
    let threadCount = try ThreadShare.configure(arguments.threads, on: world)
    let finished = try FinishedModel.pretrained(
      arguments.model, revision: arguments.revision, on: world, console: console)
    world.phase = "evaluation"
    let (texts, blockSize) = try world.together("look at the model and the data") {
      let longest = finished.model.configuration.longestSequence
      if let blockSize = arguments.blockSize, blockSize > longest {
        throw ModelError.tooLong(length: blockSize, positions: longest)
      }
      return (
        try TextDataset(paths: arguments.data),
        arguments.blockSize ?? min(EvaluationArguments.usualBlockSize, longest)
      )
    }
    let samples = try texts.grouped(
      into: blockSize, using: finished.tokenizer, on: world, threadCount: threadCount)
    let evaluation = try world.onRoot("evaluation") { heartbeat in
      for note in samples.notes { console.show("note: " + note) }
      let collator = try MaskingCollator(
        finished.tokenizer, probability: arguments.maskProbability, seed: arguments.seed)
      let evaluation = try Evaluation(
        of: finished.model,
        on: DataLoader(
          samples, microBatchSize: arguments.microBatchSize, collator: collator.frozen),
        baseline: UnigramBaseline(training: samples, tokenizer: finished.tokenizer)
      ) { sample in
        try heartbeat.beat()
        console.showLive("evaluating: \(sample) of \(samples.count) samples")
      }
      console.clearLive()
      return evaluation
    }
    return Evaluation(bytes: try world.broadcast(evaluation?.bytes, from: 0))
  }
}
