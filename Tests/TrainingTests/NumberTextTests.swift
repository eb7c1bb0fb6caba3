import Testing
import Training

struct NumberTextTests {
  @Test(arguments: [
    (0.0, 2, "0.00"), (1.005, 1, "1.0"), (-0.04, 1, "0.0"), (-2.55, 1, "-2.6"), (12.5, 0, "13"),
    (0.0649, 3, "0.065"), (1234.5678, 2, "1234.57"), (.infinity, 2, "inf"), (-.infinity, 2, "-inf"),
    (.nan, 2, "nan"),
  ])
  func fixedNumbersHaveTheirDecimals(value: Double, decimals: Int, text: String) {
    #expect(NumberText.fixed(value, decimals) == text)
  }

  @Test(arguments: [
    (5e-4, 1, "5.0e-04"), (9.999e-5, 1, "1.0e-04"), (123.0, 2, "1.23e+02"), (0.0, 1, "0.0"),
    (-2e-13, 1, "-2.0e-13"), (1e-5, 2, "1.00e-05"),
  ])
  func scientificNumbersHaveOneDigitBeforeThePoint(value: Double, decimals: Int, text: String) {
    #expect(NumberText.scientific(value, decimals) == text)
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")])
  func thousandsAreGrouped(value: Int, text: String) {
    #expect(NumberText.grouped(value) == text)
  }

  @Test(arguments: [(0, "0 steps"), (1, "1 step"), (1_200, "1,200 steps")])
  func oneThingIsSingular(count: Int, text: String) {
    #expect(NumberText.counted(count, "step") == text)
  }

  @Test(arguments: [
    (0.4, "0 s"), (59.6, "1 min 0 s"), (83.0, "1 min 23 s"), (3_600.0, "1 h 0 min"),
    (200_000.0, "2 d 7 h"), (.infinity, "?"), (-3.0, "0 s"),
  ])
  func spansShowTheirTwoLargestUnits(seconds: Double, text: String) {
    #expect(NumberText.span(seconds) == text)
  }
}
