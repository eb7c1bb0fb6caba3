import Files
import Optimizers
import Testing

struct LearningRateScheduleTests {
  @Test func linearScheduleEqualsThatOfTransformers() throws {
    let schedules = try #require(try OptimizerFixture().settings["schedules"]?.array)
    #expect(schedules.count == 7)
    for expected in schedules {
      let schedule = LearningRateSchedule.linear(
        peak: try #require(expected["learning_rate"]?.double),
        warmupSteps: try #require(expected["warmup"]?.int),
        totalSteps: try #require(expected["total"]?.int))
      let rates = expected.numbers("learning_rates")
      for (step, rate) in rates.enumerated() {
        // Two roundings of doubles, in another order.
        #expect(
          abs(schedule.learningRate(atStep: step) - rate) <= 1e-15 * 5e-5, "\(schedule) \(step)")
      }
    }
  }

  @Test func constantScheduleStaysAfterTheWarmUp() {
    let schedule = LearningRateSchedule.constant(peak: 8, warmupSteps: 4)
    #expect((0..<7).map { schedule.learningRate(atStep: $0) } == [0, 2, 4, 6, 8, 8, 8])
    let immediate = LearningRateSchedule.constant(peak: 8, warmupSteps: 0)
    #expect(immediate.learningRate(atStep: 0) == 8)
  }

  @Test func rateStaysAtZeroAfterTheLastStep() {
    let schedule = LearningRateSchedule.linear(peak: 1, warmupSteps: 0, totalSteps: 3)
    #expect([3, 4, 1_000_000].map { schedule.learningRate(atStep: $0) } == [0, 0, 0])
  }
}
