public import Collectives
public import Datasets
public import Tokenizers

extension Tokenizer {
  /// Learns a WordPiece vocabulary with BERT's rules; all ranks must call it and share the counting.
  ///
  /// - Parameters:
  ///   - texts: what to learn from.
  ///   - vocabularySize: how many tokens there are to be, unless the texts are too small for so many.
  ///   - world: the ranks.
  ///   - threadCount: how many threads of a rank count words.
  ///   - progress: told which share of the texts is read.
  /// - Returns: the tokenizer, the same on every rank and for any number of ranks and threads.
  /// - Throws: `TextError` or `TokenizerError`, on every rank.
  public static func learnt(
    from texts: TextDataset, vocabularySize: Int, on world: any Communicator, threadCount: Int = 1,
    progress: (Double) -> Void = { _ in }
  ) throws -> Tokenizer {
    try learnt(
      by: WordPieceTrainer(vocabularySize: vocabularySize), from: texts, on: world,
      threadCount: threadCount, progress: progress)
  }

  /// Learns a vocabulary of any kind; all ranks must call it and share the counting.
  ///
  /// - Parameters:
  ///   - trainer: which kind, and how large.
  ///   - texts: what to learn from.
  ///   - world: the ranks.
  ///   - threadCount: how many threads of a rank count words.
  ///   - progress: told which share of the texts is read.
  /// - Returns: the tokenizer, the same on every rank and for any number of ranks and threads.
  /// - Throws: `TextError` or `TokenizerError`, on every rank.
  public static func learnt(
    by trainer: some VocabularyTrainer, from texts: TextDataset, on world: any Communicator,
    threadCount: Int = 1, progress: (Double) -> Void = { _ in }
  ) throws -> Tokenizer {
    let counts = try texts.wordCounts(
      for: trainer, on: world, threadCount: threadCount, progress: progress)
    let made = try world.onRoot("learning of a vocabulary") { heartbeat in
      try trainer.train(on: counts ?? WordCounts(), beat: heartbeat.beat).serialized()
    }
    return try Tokenizer(json: world.broadcast(made, from: 0), file: "tokenizer.json")
  }
}
