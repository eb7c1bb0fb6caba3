import Datasets
import Testing
import Tokens

@Suite struct TokenDatasetTests {
  private func dataset(_ count: Int) -> TokenDataset {
    TokenDataset(samples: (0..<count).map { [2, TokenID($0 + 10), 3] })
  }

  @Test(arguments: [(2, 0.05, 1), (20, 0.05, 1), (100, 0.05, 5), (10, 0.99, 9), (10, 0.001, 1)])
  func splitHoldsOutItsShareAndLosesNothing(count: Int, fraction: Double, heldOut: Int) throws {
    guard heldOut < count else { return }
    let (training, validation) = try dataset(count).split(validationFraction: fraction)
    #expect(validation.count == heldOut)
    #expect(training.count == count - heldOut)
    let parts = [training, validation].flatMap { part in (0..<part.count).map { part.sample($0) } }
    #expect(parts.sorted { $0[1] < $1[1] } == (0..<count).map { [2, TokenID($0 + 10), 3] })
  }

  @Test func splitBelongsToItsSeed() throws {
    func heldOut(_ seed: UInt64) throws -> [[TokenID]] {
      let part = try dataset(100).split(validationFraction: 0.2, seed: seed).validation
      return (0..<part.count).map { part.sample($0) }
    }
    #expect(try heldOut(1) == heldOut(1))
    #expect(try heldOut(1) != heldOut(2))
  }

  @Test func samplesKeepTheirIdentityThroughSplits() throws {
    let (training, _) = try dataset(50).split(validationFraction: 0.2)
    let (inner, _) = try training.split(validationFraction: 0.5, seed: 9)
    for index in 0..<inner.count {
      #expect(inner.sample(index)[1] == TokenID(inner.identity(ofSample: index) + 10))
    }
    #expect(Set((0..<inner.count).map(inner.identity)).count == inner.count)
  }

  @Test func aFractionOfZeroHoldsNothingOut() throws {
    let (training, validation) = try dataset(5).split(validationFraction: 0)
    #expect(training.count == 5)
    #expect(validation.count == 0)
    #expect((0..<5).map(training.identity) == Array(0..<5))
  }

  @Test(arguments: [0, 1])
  func tooFewSamplesAreAnError(count: Int) {
    #expect(throws: DataError.tooFewSamples(count: count, longest: 3 * count)) {
      try dataset(count).split(validationFraction: 0.5)
    }
  }

  @Test func aDatasetWithoutSamplesCannotBeTrainedOn() {
    #expect(throws: DataError.tooFewSamples(count: 0, longest: 0)) {
      try dataset(0).split(validationFraction: 0)
    }
  }

  @Test(arguments: [-0.1, 1, 1.5, .infinity])
  func fractionsOutOfRangeAreAnError(fraction: Double) {
    #expect(throws: DataError.validationFraction(fraction)) {
      try dataset(9).split(validationFraction: fraction)
    }
    #expect(throws: DataError.self) { try dataset(9).split(validationFraction: .nan) }
  }

  @Test func fingerprintsTellContentsApart() throws {
    let one = TokenDataset(samples: [[2, 5, 3], [2, 3]])
    #expect(one.fingerprint == TokenDataset(samples: [[2, 5, 3], [2, 3]]).fingerprint)
    #expect(one.fingerprint != TokenDataset(samples: [[2, 5], [3, 2, 3]]).fingerprint)
    #expect(one.fingerprint != TokenDataset(samples: [[2, 3], [2, 5, 3]]).fingerprint)
    let (training, validation) = try one.split(validationFraction: 0.5)
    #expect(training.fingerprint != validation.fingerprint)
  }

  @Test func countsAreThoseOfTheSamples() throws {
    let dataset = TokenDataset(samples: [[2, 5, 5, 3], [2, 6, 3], [2, 5, 3]])
    #expect(dataset.tokenCounts(vocabularySize: 8) == [0, 0, 3, 3, 0, 3, 1, 0])
    #expect(dataset.longestSampleCount == 4)
  }
}
