import Collectives
import Datasets
import Diagnostics
import Files
import Tokenizers
import Training

/// What `lockstep tokenizer train` is asked for besides texts and a folder.
struct TokenizerTraining: Equatable {
  /// A kind of vocabulary that can be learnt.
  enum Kind: String, CaseIterable {
    case wordpiece, bpe, unigram
  }

  var kind = Kind.wordpiece
  var vocabularySize = 8_192
  var minimumFrequency: Int?
  var lowercases = false
  var threads: Int?

  /// What is wrong with the settings together.
  var problems: [String] {
    var ranges = RangeProblems()
    ranges.check("vocabulary-size", vocabularySize, in: 32...10_000_000)
    ranges.check("minimum-frequency", minimumFrequency, in: 1...1_000_000_000)
    ranges.check("threads", threads, in: 1...1_024)
    var problems = ranges.sentences
    if minimumFrequency != nil, kind == .unigram {
      problems.append("--minimum-frequency: only wordpiece and bpe count pairs")
    }
    if lowercases, kind != .wordpiece {
      problems.append("--lowercase: only wordpiece changes letters")
    }
    return problems
  }

  /// Learns a vocabulary from files and writes a tokenizer.json; all ranks must call it.
  ///
  /// - Throws: `TokenizerExists`, `TextError`, `TokenizerError` or an error of the file system, on every
  ///   rank; nothing is written then.
  func run(inputs: [String], output: String, on world: any Communicator) throws {
    let file = output + "/tokenizer.json"
    try world.onRoot("look at the output folder") { _ in
      if let kind = try File.kind(of: output), kind != .folder {
        throw FileError.notAFolder(path: output)
      }
      guard !File.exists(file) else { throw TokenizerExists(path: file) }
    }
    let texts = try world.together("look at the texts") { try TextDataset(paths: inputs) }
    let threadCount = try ThreadShare.configure(threads, on: world)
    let tokenizer = try learnt(from: texts, on: world, threadCount: threadCount)
    try world.onRoot("writing of a tokenizer") { heartbeat in
      try Folder.create(output, withParents: true)
      try File.replaceDurably(file, beat: heartbeat.beat) { try $0.write(tokenizer.serialized()) }
      try Output.show(summary(of: tokenizer, in: file, texts))
    }
  }

  private func learnt(
    from texts: TextDataset, on world: any Communicator, threadCount: Int
  ) throws -> Tokenizer {
    func learnt(by trainer: some VocabularyTrainer) throws -> Tokenizer {
      try Tokenizer.learnt(by: trainer, from: texts, on: world, threadCount: threadCount)
    }
    return switch kind {
    case .wordpiece:
      try learnt(
        by: WordPieceTrainer(
          vocabularySize: vocabularySize, lowercases: lowercases,
          minimumCount: minimumFrequency ?? 1))
    case .bpe:
      try learnt(
        by: ByteLevelTrainer(
          vocabularySize: vocabularySize, minimumCount: minimumFrequency ?? 1))
    case .unigram: try learnt(by: UnigramTrainer(vocabularySize: vocabularySize))
    }
  }

  private func summary(of tokenizer: Tokenizer, in file: String, _ texts: TextDataset) -> String {
    let count = tokenizer.vocabularySize
    return "\(String(displaying: file.utf8, limit: 4096)): "
      + "\(NumberText.counted(count, "token")) learnt from "
      + "\(NumberText.counted(texts.byteCount, "byte")) of text"
      + (count < vocabularySize ? ", which have no more" : "") + "\n"
  }
}

/// A tokenizer lies already where one was to be written.
struct TokenizerExists: Diagnostic {
  let path: String
  var exitCode: ExitCode { .cannotCreate }
  var description: String {
    "\(String(displaying: path.utf8, limit: 4096)): is there already: expected no file: "
      + "give another --output, or remove it first"
  }
}
