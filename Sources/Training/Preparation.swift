import Checkpoints
import Collectives
import Datasets
import Files
import Hub
import Models
import Tokenizers

/// The steps from text to samples, each of which all ranks do together.
struct Preparation {
  let arguments: TrainingArguments
  let world: any Communicator
  let console: Console

  /// Takes possession of the output folder, on rank 0; nil elsewhere.
  func openFolder(purpose: String, _ pretrained: ModelFolder?) throws -> RunFolder? {
    world.phase = "opening of the run's folder"
    return try world.onRoot("opening of the run's folder") { heartbeat in
      if !arguments.resume { try requireOtherSources(pretrained) }
      let folder = try RunFolder(
        arguments.output, purpose: purpose, resuming: arguments.resume, keep: arguments.keep,
        beat: heartbeat.beat)
      if arguments.resume, folder.checkpoint == nil { try requireOtherSources(pretrained) }
      return folder
    }
  }

  /// Makes sure that a run which begins does not replace what it begins with.
  private func requireOtherSources(_ pretrained: ModelFolder?) throws {
    guard let model = File.resolved(arguments.output + "/model") else { return }
    let sources = [
      ("--model", pretrained?.path ?? arguments.model), ("--tokenizer", arguments.tokenizer),
    ]
    for case (let option, let path?) in sources {
      guard let resolved = File.resolved(path), (resolved + "/").hasPrefix(model + "/") else {
        continue
      }
      throw RunDirectoryError.beginsWithItsOutput(option: option, path: path)
    }
  }

  /// Loads the tokenizer that was asked for, or the one of the checkpoint or of the model that training
  /// begins with, or learns one.
  func tokenizer(
    for texts: TextDataset, _ choice: ModelChoice, _ pretrained: ModelFolder?,
    checkpoint: Checkpoint?, threadCount: Int
  ) throws -> Tokenizer {
    world.phase = "preparation of the tokenizer"
    if let name = arguments.tokenizer {
      let folder = try ModelFolder.locate(
        name, revision: name == arguments.model ? arguments.revision : nil, needs: .tokenizer,
        on: world, console: console)
      return try load(folder?.path ?? name)
    }
    if let bytes = try fromCheckpoint(checkpoint) {
      return try Tokenizer(json: bytes, file: "tokenizer.json")
    }
    if let pretrained { return try load(pretrained.path) }
    let start = ContinuousClock.now
    let tokenizer: Tokenizer
    do {
      tokenizer = try Tokenizer.learnt(
        from: texts, vocabularySize: choice.vocabularySize, on: world, threadCount: threadCount
      ) { share in
        console.showLive("learning a vocabulary: \(NumberText.fixed(share * 100, 0)) % read")
      }
    } catch TokenizerError.noWords where !arguments.data.isEmpty {
      throw TextError.noTokens(path: arguments.data[0], fileCount: arguments.data.count)
    }
    console.clearLive()
    let seconds = start.duration(to: ContinuousClock.now).inSeconds
    console.show(
      "tokenizer: \(NumberText.grouped(tokenizer.vocabularySize)) tokens learnt in "
        + "\(NumberText.fixed(seconds, 1)) s")
    return tokenizer
  }

  private func load(_ path: String) throws -> Tokenizer {
    try world.together("loading of the tokenizer") { try Tokenizer.load(path) }
  }

  /// The tokenizer.json of the checkpoint to go on from, on every rank; nil if there is none.
  private func fromCheckpoint(_ checkpoint: Checkpoint?) throws -> [UInt8]? {
    let saved = try world.onRoot("loading of the tokenizer") { _ in
      try checkpoint.map { try File.read($0.path(of: "tokenizer.json")) } ?? []
    }
    let bytes = try world.broadcast(saved, from: 0)
    return bytes.isEmpty ? nil : bytes
  }

  /// Tokenizes the texts and holds samples out.
  func samples(
    of texts: TextDataset, _ tokenizer: Tokenizer, threadCount: Int
  ) throws -> (training: TokenDataset, validation: TokenDataset) {
    world.phase = "tokenization"
    let start = ContinuousClock.now
    let samples = try texts.grouped(
      into: arguments.blockSize, using: tokenizer, on: world, threadCount: threadCount
    ) { share in
      if world.isRoot {
        console.showLive("tokenizing: \(NumberText.fixed(share * 100, 0)) %")
      }
    }
    let split = try world.together("holding out of samples") {
      try samples.split(
        validationFraction: arguments.validationFraction, seed: arguments.seed)
    }
    if world.isRoot {
      console.clearLive()
      for note in samples.notes { console.show("note: " + note) }
      show(samples, heldOut: split.validation.count, seconds: start.duration(to: .now).inSeconds)
    }
    return split
  }

  private func show(_ samples: TokenDataset, heldOut: Int, seconds: Double) {
    let source =
      arguments.data.isEmpty
      ? "the embedded invented language (no --data was given)"
      : NumberText.counted(arguments.data.count, "file")
    if let made = samples.preparation {
      console.show(
        "data: \(source), \(NumberText.fixed(Double(made.byteCount) / 1e6, 1)) MB, "
          + "\(NumberText.counted(made.documentCount, "document")), "
          + "\(NumberText.counted(made.wordTokenCount, "token")) ("
          + (made.isCached ? "cached, " : "tokenized in ") + NumberText.brief(seconds) + ")")
    }
    console.show(
      "samples: \(NumberText.grouped(samples.count)) of up to \(arguments.blockSize) tokens, "
        + "\(NumberText.grouped(heldOut)) of them held out")
  }
}
