// The same run through the trainer: checkpoints, resume, progress and evaluation come with it.
//
//   swift run -c release TrainerForm [corpus.txt]
//   mpirun -n 4 .build/release/TrainerForm corpus.txt
import Lockstep

World.run { world in
  let text =
    try CommandLine.arguments.count > 1
    ? TextDataset(CommandLine.arguments[1])
    : TextDataset(text: InventedLanguage(seed: 1).text(sentenceCount: 8_000))
  let tokenizer = try Tokenizer.learnt(from: text, vocabularySize: 600, on: world)
  let (training, validation) = try text.grouped(into: 32, using: tokenizer, on: world)
    .split(validationFraction: 0.05)

  var arguments = TrainingArguments()
  arguments.output = "lockstep-run/trainer"
  arguments.epochs = 3
  arguments.learningRate = 1e-3
  let trainer = try Trainer(
    model: ModelRegistry.make(
      .named("tiny", for: tokenizer, blockSize: 32), key: RandomKey(seed: 42)),
    tokenizer: tokenizer, collator: MaskingCollator(tokenizer, probability: 0.15),
    training: training, evaluation: validation, arguments: arguments, world: world)
  let outcome = try trainer.train(resumingFrom: .latest)
  if world.isRoot, let evaluation = outcome.evaluation {
    print("loss \(evaluation.loss), perplexity \(evaluation.perplexity)")
  }
}
