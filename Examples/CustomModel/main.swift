// A model of one's own, in the hand-written loop and then in the trainer:
//
//   swift run -c release CustomModel
//   mpirun -n 2 .build/release/CustomModel
import Lockstep

World.run { world in
  let text = try TextDataset(text: InventedLanguage(seed: 1).text(sentenceCount: 8_000))
  let tokenizer = try Tokenizer.learnt(from: text, vocabularySize: 600, on: world)
  let (training, validation) = try text.grouped(into: 32, using: tokenizer, on: world)
    .split(validationFraction: 0.05)
  let masking = try MaskingCollator(tokenizer, probability: 0.15)
  func model() -> BagOfNeighbours {
    BagOfNeighbours(
      vocabularySize: tokenizer.vocabularySize, width: 48, key: RandomKey(seed: 42))
  }

  // By hand.
  let loader = try DataLoader(
    training, microBatchSize: 8, globalBatchSize: 64, order: .shuffled(seed: 42),
    collator: masking, on: world)
  let replica = try Replica(model(), over: world, microBatchesPerStep: 8)
  let optimizer = AdamW(replica.model.parameters)
  for epoch in 0..<2 {
    var loss = 0.0
    for step in loader.steps(inEpoch: epoch) {
      try replica.begin(step)
      for batch in step.microBatches { try replica(batch).backward() }
      loss = try replica.update(optimizer, learningRate: 2e-3, clipNorm: 1).loss
    }
    if world.isRoot { print("by hand, epoch \(epoch): loss of the last step \(loss)") }
  }

  // With the trainer.
  var arguments = TrainingArguments()
  arguments.output = "lockstep-run/custom"
  arguments.epochs = 2
  arguments.learningRate = 2e-3
  let trainer = try Trainer(
    model: model(), tokenizer: tokenizer, collator: masking, training: training,
    evaluation: validation, arguments: arguments, world: world)
  let outcome = try trainer.train(resumingFrom: .latest)
  if world.isRoot, let evaluation = outcome.evaluation {
    print("trainer: validation loss \(evaluation.loss)")
  }
}
