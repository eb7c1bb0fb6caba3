import Files
import Layers
import Models
import Tensors
import Testing
import Tokens

/// Whole models against PyTorch's float64 results.
struct ArchitectureTests {
  /// Logits reach 4 and pass through some 30 sums of 24 to 40 products, each rounded by up to 6e-8 of
  /// its size; found: 1.2e-6.
  private static let logitTolerance = 4e-6
  /// Of a mean over a few logits; found: 1.1e-7.
  private static let lossTolerance = 5e-7
  /// Of a gradient's elements, as a share of the largest one of the same parameter; found: 9.4e-7.
  private static let gradientTolerance = 5e-6
  /// What counts as a gradient of 0, as a share of the whole gradient's norm: that of key biases.
  private static let noGradient = 1e-7

  @Test(arguments: ModelFixture.all)
  func parametersAreThoseOfTransformers(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture)
    let parameters = try fixture.model().parameters
    let expected = try fixture.tensors("gradients-0")
    #expect(
      parameters.parameters.map { "\($0.name) \($0.shape)" }.sorted()
        == expected.map { "\($0.name) \($0.shape)" }.sorted())
    #expect(parameters.parameterCount == fixture.expected["parameter_count"]?.int)
    #expect(try fixture.model().configuration.parameterCount == parameters.parameterCount)
  }

  @Test(arguments: ModelFixture.all, [0, 1])
  func logitsEqualThoseOfPyTorch(_ architecture: String, batch: Int) throws {
    let fixture = try ModelFixture(architecture)
    let model = try fixture.model()
    let expected = try #require(
      try fixture.tensors("logits").first { $0.name == "logits.\(batch)" })
    let all = fixture.batches[batch].predictingEverything
    let logits = model.predictions(for: all, in: .evaluation()).logits
    #expect([logits.count, logits[0].count] == expected.shape)
    var deviation = Deviation()
    deviation.add(logits.flatMap { $0 }, expected.values, at: "logits")
    #expect(deviation.largest < Self.logitTolerance, "\(deviation)")
  }

  @Test(arguments: ModelFixture.all)
  func lossesEqualThoseOfPyTorch(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture)
    let model = try fixture.model()
    let expected = fixture.expected.numbers("losses")
    try #require(expected.count == fixture.batches.count)
    for (batch, expected) in zip(fixture.batches, expected) {
      let predictions = model.predictions(for: batch, in: .training(key: batch.key))
      let loss = Double(predictions.lossSum(batch.labels).item()) / Double(batch.maskedCount)
      #expect(abs(loss - expected) / expected < Self.lossTolerance, "\(loss), not \(expected)")
      let score = predictions.score(batch.labels)
      #expect(
        abs(score.lossSum / Double(batch.maskedCount) - expected) / expected < Self.lossTolerance)
    }
  }

  @Test(arguments: ModelFixture.all, [0, 1])
  func everyGradientEqualsThatOfPyTorch(_ architecture: String, batch: Int) throws {
    let fixture = try ModelFixture(architecture)
    let model = try fixture.model()
    model.differentiate(fixture.batches[batch])
    let norm = fixture.expected.numbers("gradient_norms")[batch]
    for gradient in try fixture.tensors("gradients-\(batch)") {
      let parameter = try #require(model.parameters[gradient.name])
      let largest = gradient.values.reduce(0) { max($0, Double(abs($1))) }
      let isNone = largest < Self.noGradient * norm
      #expect(isNone == gradient.name.isKeyBias(in: architecture))
      var deviation = Deviation()
      deviation.add(
        parameter.gradientElements, gradient.values, at: gradient.name,
        scale: isNone ? norm : largest)
      #expect(deviation.largest < Self.gradientTolerance, "\(deviation)")
    }
  }

  @Test(arguments: ModelFixture.all, [0, 1])
  func maskedTokensAloneGiveTheLogitsOfAll(_ architecture: String, batch: Int) throws {
    let fixture = try ModelFixture(architecture)
    let model = try fixture.model()
    let batch = fixture.batches[batch]
    let all = model.predictions(for: batch.predictingEverything, in: .evaluation()).logits
    let masked = model.predictions(for: batch, in: .evaluation()).logits
    var deviation = Deviation()
    for (row, position) in zip(masked, batch.maskedPositions) {
      deviation.add(row, all[Int(position)], at: "token \(position)")
    }
    #expect(deviation.largest < Self.logitTolerance, "\(deviation)")
  }

  @Test(arguments: ModelFixture.all)
  func aSequenceAloneGivesTheLogitsThatItHasInABatch(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture)
    let model = try fixture.model()
    let batch = fixture.batches[1]
    let together = model.predictions(for: batch.predictingEverything, in: .evaluation()).logits
    var deviation = Deviation()
    for sequence in 0..<batch.sequenceCount {
      let tokens = Int(batch.sequenceOffsets[sequence])..<Int(batch.sequenceOffsets[sequence + 1])
      let alone = MaskedBatch(
        ids: Array(batch.ids[tokens]), sequenceOffsets: [0, Int32(tokens.count)],
        maskedPositions: [], labels: [], key: batch.key)
      let logits = model.predictions(for: alone.predictingEverything, in: .evaluation()).logits
      deviation.add(
        logits.flatMap { $0 }, together[tokens].flatMap { $0 }, at: "sequence \(sequence)")
    }
    #expect(deviation.largest < Self.logitTolerance, "\(deviation)")
  }

  @Test(arguments: ModelFixture.all)
  func aBatchThatPredictsNothingHasNoLossAndNoGradient(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture)
    let model = try fixture.model()
    let full = fixture.batches[0]
    let batch = MaskedBatch(
      ids: full.ids, sequenceOffsets: full.sequenceOffsets, maskedPositions: [], labels: [],
      key: full.key)
    model.parameters.zeroGradients()
    let loss = model.predictions(for: batch, in: .training(key: batch.key)).lossSum([])
    loss.backward()
    #expect(loss.item() == 0)
    for parameter in model.parameters.parameters {
      #expect(parameter.gradientElements.allSatisfy { $0 == 0 }, "\(parameter.name)")
    }
  }
}
