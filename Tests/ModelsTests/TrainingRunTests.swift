import Files
import Layers
import Models
import Optimizers
import Tensors
import Testing

/// Parameters after steps of AdamW against PyTorch's float64 run.
///
/// A step divides each gradient by its own size. Where the true gradient is 0, as that of key biases
/// is, rounding noise becomes a step of up to the learning rate in any direction: PyTorch's own
/// float32 run then ends up to twice as far from its float64 run. Such elements can only be held to
/// the length of the way; all others are compared.
struct TrainingRunTests {
  /// Of losses near 4, relative; rounding grows over up to 20 steps; found: 1.2e-6.
  private static let lossTolerance = 5e-6
  /// Of the norm of all gradients, relative; found: 5.5e-6.
  private static let normTolerance = 2e-5
  /// Of parameters up to 1.3, of which a float holds 1.2e-7, after up to 10 steps of 1e-3; found: 4.8e-7.
  private static let parameterTolerance = 2e-6
  /// What the project promises for 20 steps: of losses (relative) and of final parameters.
  private static let promise = 1e-4

  @Test(arguments: ModelFixture.architectures)
  func plainAdamWEqualsThatOfPyTorch(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture)
    var run = TrainingRun(try fixture.model(), decaysEverything: true)
    let expected = try #require(fixture.expected["adamw"])
    let losses = expected.numbers("losses")
    for step in 1...losses.count {
      run.step(on: fixture.batches[(step - 1) % fixture.batches.count])
      if [1, 5, 10].contains(step) {
        try compare(run, with: fixture, file: "adamw-\(step)", stepCount: step)
      }
    }
    compare(run, with: expected, relativeTolerance: Self.lossTolerance)
  }

  @Test(arguments: ModelFixture.architectures)
  func stepsOfTransformersTrainerAreReproduced(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture)
    var run = TrainingRun(try fixture.model(), decaysEverything: false)
    run.schedule = .linear(peak: 1e-3, warmupSteps: 2, totalSteps: 10)
    run.clip = 1
    for batch in fixture.batches { run.step(on: batch) }
    try compare(run, with: fixture, file: "trainer-10", stepCount: 10)
    compare(
      run, with: try #require(fixture.expected["trainer"]), relativeTolerance: Self.lossTolerance)
  }

  @Test(arguments: ModelFixture.compared)
  func twentyStepsFromTheUsualInitializationEqualThoseOfPyTorch(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture + "-truth")
    var run = TrainingRun(try fixture.model(), decaysEverything: false)
    let expected = fixture.expected
    run.schedule = .linear(
      peak: try #require(expected["learning_rate"]?.double),
      warmupSteps: try #require(expected["warmup"]?.int),
      totalSteps: try #require(expected["steps"]?.int))
    run.clip = try #require(expected["clip"]?.double)
    try #require(fixture.batches.count == 20)
    for batch in fixture.batches { run.step(on: batch) }
    compare(run, with: expected, relativeTolerance: Self.promise)
    // At this initialization even key biases move little, because their noise is below epsilon.
    var deviation = Deviation()
    for tensor in try fixture.tensors("final") {
      let parameter = try #require(run.model.parameters[tensor.name])
      deviation.add(parameter.elements, tensor.values, at: tensor.name)
    }
    #expect(deviation.largest < Self.promise, "\(deviation)")
  }

  @Test(arguments: ["bert", "roberta", "distilbert"])
  func keyBiasesDoNotChangePredictions(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture)
    let model = try fixture.model()
    let before = model.predictions(for: fixture.batches[0], in: .evaluation()).logits
    let biases = model.parameters.parameters.filter(\.name.isKeyBias)
    #expect(biases.count == (architecture == "albert" ? 4 : 2))
    for bias in biases { bias.changeValues().update(repeating: 0.7, count: bias.count) }
    let after = model.predictions(for: fixture.batches[0], in: .evaluation()).logits
    var deviation = Deviation()
    deviation.add(after.flatMap { $0 }, before.flatMap { $0 }, at: "logits")
    #expect(deviation.largest < 1e-5, "\(deviation)")
  }

  private func compare(
    _ run: TrainingRun, with fixture: ModelFixture, file: String, stepCount: Int
  ) throws {
    var deviation = Deviation()
    var keyDeviation = Deviation()
    for tensor in try fixture.tensors(file) {
      let parameter = try #require(run.model.parameters[tensor.name])
      if tensor.name.isKeyBias {
        keyDeviation.add(parameter.elements, tensor.values, at: tensor.name)
      } else {
        deviation.add(parameter.elements, tensor.values, at: tensor.name)
      }
    }
    #expect(deviation.largest < Self.parameterTolerance, "\(deviation)")
    // Both ran at most this way, in whatever direction.
    #expect(keyDeviation.largest < 2 * 1e-3 * Double(stepCount), "\(keyDeviation)")
  }

  private func compare(_ run: TrainingRun, with expected: JSON, relativeTolerance: Double) {
    for (key, found, tolerance) in [
      ("losses", run.losses, relativeTolerance),
      ("gradient_norms", run.gradientNorms, max(relativeTolerance, Self.normTolerance)),
    ] {
      let wanted = expected.numbers(key)
      #expect(found.count == wanted.count)
      let worst = zip(found, wanted).map { abs($0 - $1) / $1 }.max() ?? .infinity
      #expect(worst < tolerance, "\(key)")
    }
  }
}
