// The training loop, written by hand. Runs alone and under mpirun unchanged:
//
//   swift run -c release HandWrittenLoop [corpus.txt]
//   mpirun -n 4 .build/release/HandWrittenLoop corpus.txt
import Lockstep

World.run { world in  // one rank when not under mpirun
  let text = try corpus()
  let tokenizer = try Tokenizer.learnt(from: text, vocabularySize: 600, on: world)
  let (training, validation) = try text.grouped(into: 32, using: tokenizer, on: world)
    .split(validationFraction: 0.05)
  let masking = try MaskingCollator(tokenizer, probability: 0.15)
  let loader = try DataLoader(
    training, microBatchSize: 8, globalBatchSize: 64, order: .shuffled(seed: 42),
    collator: masking, on: world)
  let validationLoader = try DataLoader(validation, microBatchSize: 8, collator: masking.frozen)
  let model = try ModelRegistry.make(
    .named("tiny", for: tokenizer, blockSize: 32), key: RandomKey(seed: 42))
  let replica = try Replica(model, over: world, microBatchesPerStep: 8)
  let optimizer = AdamW(model.parameters, weightDecay: 0.01)
  let baseline = try UnigramBaseline(training: training, tokenizer: tokenizer)

  for epoch in 0..<3 {
    for step in loader.steps(inEpoch: epoch) {  // the epoch is an argument: it cannot be forgotten
      try replica.begin(step)
      for batch in step.microBatches {  // this rank's share of the step
        let outputs = replica(batch)
        try outputs.backward()  // the last one's gradients are summed while it runs
      }
      try replica.update(optimizer, learningRate: 1e-3, clipNorm: 1)
    }
    try world.onRoot("evaluation") { heartbeat in  // the others wait on a heartbeat
      let evaluation = try Evaluation(of: model, on: validationLoader, baseline: baseline) { _ in
        try heartbeat.beat()
      }
      print("epoch \(epoch): loss \(evaluation.loss), perplexity \(evaluation.perplexity)")
      try ModelFiles.save(model, folder: "lockstep-run/epoch-\(epoch)")  // opens in Transformers
    }
  }
}

/// The file on the command line, or sentences of the embedded language.
func corpus() throws -> TextDataset {
  if CommandLine.arguments.count > 1 { return try TextDataset(CommandLine.arguments[1]) }
  return try TextDataset(text: InventedLanguage(seed: 1).text(sentenceCount: 8_000))
}
