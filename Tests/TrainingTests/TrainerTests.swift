import Collectives
import Diagnostics
import Files
import Models
import Tensors
import TestSupport
import Testing
import Training

struct TrainerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What stops a run at a step, as a killed process would stop.
  private final class Stop: TrainingCallback {
    struct Stopped: Error {}
    let step: Int
    init(atStep step: Int) { self.step = step }
    func stepEnded(_ metrics: StepMetrics) throws {
      if metrics.step == step { throw Stopped() }
    }
  }

  /// What was told to a callback.
  private final class Record: TrainingCallback {
    var steps: [StepMetrics] = []
    var evaluations: [(Evaluation, Int)] = []
    var saved: [Int] = []
    var notes: [String] = []
    var overview: TrainingOverview?
    func noted(_ note: String) { notes.append(note) }
    func trainingBegins(_ overview: TrainingOverview) { self.overview = overview }
    func stepEnded(_ metrics: StepMetrics) { steps.append(metrics) }
    func evaluated(_ evaluation: Evaluation, after step: Int, epoch: Double) {
      evaluations.append((evaluation, step))
    }
    func checkpointed(to folder: String, after step: Int) { saved.append(step) }
  }

  private func finishedDigest(
    _ name: String, ranks: Int, change: (inout TrainingArguments) -> Void = { _ in }
  ) throws -> String {
    var run = try SmallRun(output: folder.path(name))
    change(&run.arguments)
    let fixed = run
    _ = try ThreadWorld.run(ranks: ranks) { world in
      _ = try fixed.trainer(on: world).train()
    }
    return try run.digest()
  }

  @Test func anyNumberOfRanksEndsWithTheSameBits() throws {
    let alone = try finishedDigest("1", ranks: 1)
    for ranks in 2...4 { #expect(try finishedDigest("\(ranks)", ranks: ranks) == alone) }
    #expect(try finishedDigest("other", ranks: 1) { $0.seed = 7 } != alone)
  }

  @Test(arguments: [1, 2])
  func recomputationEndsWithTheSameBits(ranks: Int) throws {
    let kept = try finishedDigest("kept", ranks: 1)
    let recomputed = try finishedDigest("recomputed", ranks: ranks) { $0.recompute = true }
    #expect(recomputed == kept)
  }

  @Test(arguments: [(1, 1, nil), (1, 3, nil), (3, 2, nil), (2, 4, nil), (2, 3, 1)])
  func aStoppedRunGoesOnToTheSameBits(before: Int, after: Int, ranksPerNode: Int?) throws {
    let whole = try finishedDigest("whole", ranks: 1) { $0.saveEvery = 2 }
    var run = try SmallRun(output: folder.path("stopped"))
    run.arguments.saveEvery = 2
    let fixed = run
    #expect(throws: (any Error).self) {
      try ThreadWorld.run(ranks: before, timeout: .seconds(2)) { world in
        let trainer = try fixed.trainer(on: world)
        trainer.callbacks = [Stop(atStep: 5)]
        _ = try trainer.train()
      }
    }
    _ = try ThreadWorld.run(ranks: after, ranksPerNode: ranksPerNode) { world in
      let trainer = try fixed.trainer(on: world)
      let record = Record()
      trainer.callbacks = [record]
      _ = try trainer.train(resumingFrom: .latest)
      if world.isRoot {
        #expect(record.overview?.startStep == 4)
        #expect(record.steps.map(\.step) == [5, 6, 7, 8, 9])
      }
    }
    #expect(try run.digest() == whole)
    let log = try File.read(folder.path("stopped/metrics.jsonl")).split(separator: 0x0A)
    let steps = try log.compactMap { line -> Int? in
      let json = try JSON.parse(Array(line), file: "metrics.jsonl")
      return json["loss"] == nil ? nil : json["step"]?.int
    }
    #expect(steps == Array(1...9))
  }

  @Test func aRunWhoseWeightsAreDividedGoesOnToTheSameBits() throws {
    let whole = try ModelFiles.load(
      folder: modelFolder("whole") { $0.maxShardSize = nil }
    ).parameters
    var run = try SmallRun(output: folder.path("divided"))
    run.arguments.maxShardSize = 1_000
    run.arguments.saveEvery = 2
    for stop in [5, nil] {
      let fixed = run
      _ = try? ThreadWorld.run(ranks: 2, timeout: .seconds(2)) { world in
        let trainer = try fixed.trainer(on: world)
        if let stop { trainer.callbacks = [Stop(atStep: stop)] }
        _ = try trainer.train(resumingFrom: .latest)
      }
    }
    let model = run.arguments.output + "/model"
    #expect(try Folder.list(model).filter { $0.hasPrefix("model-0") }.count > 3)
    #expect(!File.exists(model + "/model.safetensors"))
    let divided = try ModelFiles.load(folder: model).parameters
    #expect(
      divided.parameters.map { $0.elements.map(\.bitPattern) }
        == whole.parameters.map { $0.elements.map(\.bitPattern) })
  }

  private func modelFolder(
    _ name: String, change: (inout TrainingArguments) -> Void
  ) throws -> String {
    _ = try finishedDigest(name, ranks: 1, change: change)
    return folder.path(name) + "/model"
  }

  /// Takes the folder of the checkpoints away for a while, as a disk that fails would.
  private final class Obstacle: TrainingCallback {
    let folder: String
    let steps: ClosedRange<Int>
    init(_ folder: String, behind steps: ClosedRange<Int>) {
      (self.folder, self.steps) = (folder, steps)
    }
    func stepEnded(_ metrics: StepMetrics) throws {
      if metrics.step == steps.lowerBound { try File.rename(folder, to: folder + ".away") }
      if metrics.step == steps.upperBound { try File.rename(folder + ".away", to: folder) }
    }
  }

  @Test func savesThatFailAreToldAndTrainingGoesOn() throws {
    let whole = try finishedDigest("whole", ranks: 1)
    var run = try SmallRun(output: folder.path("run"))
    run.arguments.saveEvery = 2
    let fixed = run
    _ = try ThreadWorld.run(ranks: 2) { world in
      let trainer = try fixed.trainer(on: world)
      let record = Record()
      trainer.callbacks = [
        Obstacle(fixed.arguments.output + "/checkpoints", behind: 3...7), record,
      ]
      #expect(try trainer.train().isComplete)
      guard world.isRoot else { return }
      #expect(record.saved == [2, 8, 9])
      #expect(record.notes.count == 2)
      #expect(record.notes.last?.contains("failure 2 in a row, 3 end it") == true)
    }
    #expect(try run.digest() == whole)
    #expect(
      try Folder.list(folder.path("run/checkpoints"))
        == ["step-00000002", "step-00000008", "step-00000009"])
  }

  @Test func threeFailedSavesInARowEndTheRun() throws {
    let whole = try finishedDigest("whole", ranks: 1)
    var run = try SmallRun(output: folder.path("run"))
    run.arguments.saveEvery = 1
    let fixed = run
    let errors = ThreadWorld.outcomes(ranks: 2) { world in
      let trainer = try fixed.trainer(on: world)
      trainer.callbacks = [Obstacle(fixed.arguments.output + "/checkpoints", behind: 3...9)]
      _ = try trainer.train()
    }.map(\.error)
    #expect(errors.allSatisfy { ($0 as? any Diagnostic)?.exitCode == .inputOutput })
    #expect(errors[0] is SavingFailed)
    #expect(errors[0].map { "\($0)" }?.contains("3 saves in a row have failed") == true)
    // What was saved before is there, and the run goes on from it.
    try File.rename(
      folder.path("run/checkpoints.away"), to: folder.path("run/checkpoints"))
    _ = try ThreadWorld.run(ranks: 1) {
      try fixed.trainer(on: $0).train(resumingFrom: .latest)
    }
    #expect(try run.digest() == whole)
  }

  @Test func everyRankLearnsTheSameEvaluationAndOutcome() throws {
    var run = try SmallRun(output: folder.path("run"))
    run.arguments.evaluateEvery = nil
    let fixed = run
    let outcomes = try ThreadWorld.run(ranks: 2) { world in
      let trainer = try fixed.trainer(on: world)
      let record = Record()
      if world.isRoot { trainer.callbacks = [record] }
      let outcome = try trainer.train()
      if world.isRoot {
        // 18 samples for training are three steps an epoch.
        #expect(record.evaluations.map(\.1) == [3, 6, 9])
        #expect(record.saved == [9])
        #expect(record.evaluations.last?.0 == outcome.evaluation)
        #expect(record.steps.allSatisfy { $0.loss.isFinite && $0.gradientNorm > 0 })
        #expect(record.steps.last?.totalTokenCount == 18 * 8 * 3)
      }
      return outcome
    }
    #expect(outcomes[0] == outcomes[1])
    #expect(outcomes[0].isComplete && outcomes[0].evaluation != nil)
  }

  @Test func evaluationDoesNotDependOnTheBatchSize() throws {
    var losses: [Double] = []
    for microBatchSize in [1, 2, 4] {
      var run = try SmallRun(output: folder.path("\(microBatchSize)"))
      run.arguments.microBatchSize = microBatchSize
      let fixed = run
      let evaluation = try ThreadWorld.run(ranks: 1) { try fixed.trainer(on: $0).evaluate() }
      losses.append(try #require(evaluation[0]).loss)
    }
    // Only the order of a few additions in single precision differs.
    #expect(losses.allSatisfy { abs($0 - losses[0]) < 1e-6 * losses[0] })
  }

  @Test func aLossThatIsNotFiniteStopsBeforeTheWeightsAreTouched() throws {
    let run = try SmallRun(output: folder.path("run"))
    let errors = try ThreadWorld.run(ranks: 2) { world -> TrainingDiverged? in
      let model = try run.model()
      let first = try #require(model.parameters.parameters.first)
      model.parameters.poison()
      let before = first.elements.map(\.bitPattern)
      let trainer = try run.trainer(on: world, model: model)
      do {
        _ = try trainer.train()
        return nil
      } catch let error as TrainingDiverged {
        #expect(first.elements.map(\.bitPattern) == before)
        return error
      }
    }
    #expect(errors.map { $0?.isReportedHere } == [true, false])
    #expect(errors[0]?.exitCode == .diverged)
    #expect(errors[0]?.description.contains("step 1 is not finite") == true)
  }

  @Test func otherSettingsCannotResumeARun() throws {
    let run = try SmallRun(output: folder.path("run"))
    _ = try ThreadWorld.run(ranks: 1) { try run.trainer(on: $0).train() }
    var other = run
    other.arguments.maskProbability = 0.2
    other.arguments.learningRate = 5e-3
    let fixed = other
    let errors = try ThreadWorld.run(ranks: 2) { world -> (any Error)? in
      do {
        _ = try fixed.trainer(on: world).train(resumingFrom: .latest)
        return nil
      } catch { return error }
    }
    #expect((errors[0] as? any Diagnostic)?.exitCode == .configuration)
    let text = errors.map { $0.map { "\($0)" } ?? "" }
    #expect(text[0].contains("--mask-probability was 0.15, is 0.2"))
    #expect(text[0].contains("--learning-rate was 0.01, is 0.005"))
    #expect(text[1] == text[0])
  }

  @Test func aFolderThatHoldsARunIsRefusedUnlessResumed() throws {
    let run = try SmallRun(output: folder.path("run"))
    _ = try ThreadWorld.run(ranks: 1) { try run.trainer(on: $0).train() }
    let digest = try run.digest()
    let errors = try ThreadWorld.run(ranks: 2) { world -> (any Error)? in
      do {
        _ = try run.trainer(on: world).train()
        return nil
      } catch { return error }
    }
    #expect(errors.allSatisfy { ($0 as? any Diagnostic)?.exitCode == .cannotCreate })
    let outcome = try ThreadWorld.run(ranks: 1) {
      try run.trainer(on: $0).train(resumingFrom: .latest)
    }
    #expect(outcome[0].isComplete)
    #expect(try run.digest() == digest)
  }
}

extension ParameterStore {
  /// Makes a weight infinite, so that the next loss is not a number.
  fileprivate func poison() {
    parameters.last?.changeValues()[0] = .infinity
  }
}
