import Diagnostics
import Testing
import Training

struct TrainingArgumentsTests {
  @Test func argumentsServeWithoutAnyChange() throws {
    let arguments = TrainingArguments()
    try arguments.validate()
    #expect(arguments.microBatchesPerStep == 8)
  }

  @Test func everyProblemIsListed() {
    var arguments = TrainingArguments()
    arguments.validationFraction = 1
    arguments.maskProbability = 0
    arguments.dropout = -0.5
    arguments.learningRate = .nan
    arguments.blockSize = 3
    arguments.keep = 0
    #expect(
      arguments.problems() == [
        "--validation-fraction 1.0: must be at least 0 and below 1",
        "--block-size 3: must be 4 to 65536",
        "--mask-probability 0.0: must be above 0 and at most 1",
        "--dropout -0.5: must be at least 0 and below 1",
        "--learning-rate nan: must be above 0 and at most 10",
        "--keep 0: must be 1 to 1000000",
      ])
    #expect(throws: ArgumentsError.self) { try arguments.validate() }
  }

  @Test(arguments: [(20, 8, "16 or 24"), (5, 8, "8"), (63, 16, "48 or 64")])
  func globalBatchesThatDoNotDivideAreRefusedWithTheNearestThatDo(
    globalBatchSize: Int, microBatchSize: Int, advice: String
  ) {
    var arguments = TrainingArguments()
    arguments.globalBatchSize = globalBatchSize
    arguments.microBatchSize = microBatchSize
    #expect(
      arguments.problems() == [
        "--global-batch-size \(globalBatchSize) is not a multiple of "
          + "--micro-batch-size \(microBatchSize): \(advice) would do"
      ])
  }

  @Test func contradictionsAreRefused() {
    var arguments = TrainingArguments()
    arguments.epochs = 1
    arguments.steps = 10
    arguments.warmupSteps = 10
    arguments.tokenizer = "tokenizer.json"
    arguments.vocabularySize = 100
    #expect(arguments.problems().count == 3)
    #expect(ArgumentsError(problems: arguments.problems()).exitCode == .configuration)
  }

  @Test(arguments: [(1, 0), (2, 1), (10, 1), (100, 6), (101, 7)])
  func warmUpIsSixPercentAndNeverAll(stepCount: Int, warmup: Int) {
    #expect(TrainingArguments().resolvedWarmupSteps(of: stepCount) == warmup)
  }

  @Test func wideModelsLearnMoreSlowly() {
    #expect(TrainingArguments.defaultLearningRate(hiddenSize: 512) == 5e-4)
    #expect(TrainingArguments.defaultLearningRate(hiddenSize: 768) == 1e-4)
  }
}
