import CKernels
import Kernels
import Testing

struct LayerNormTests {
  /// Which of the parts that can be left out are there.
  struct Form: Sendable, CustomTestStringConvertible {
    var rows = 3
    var hasBias = false
    var hasResidual = false
    var hasDropout = false

    var testDescription: String {
      "\(rows) rows" + (hasBias ? ", bias" : "") + (hasResidual ? ", residual" : "")
        + (hasDropout ? ", dropout" : "")
    }
  }

  private static let forms = [
    Form(), Form(hasBias: true), Form(hasResidual: true), Form(hasDropout: true),
    Form(hasBias: true, hasResidual: true, hasDropout: true),
    Form(rows: 700, hasBias: true, hasResidual: true, hasDropout: true), Form(rows: 0),
  ]
  private static let columnCounts = oddSizes.filter { $0 > 1 } + [768]
  /// 1/σ reaches 10 where a row has two numbers that are nearly equal.
  private static let tolerance = 2e-5
  /// Of sums of columns, as a share of the number of rows.
  private static let sumTolerance = 2e-6

  @Test(arguments: columnCounts, forms)
  func equalsTheFormulaAndItsDerivatives(columns: Int, form: Form) {
    let input = Input(rows: form.rows, columns: columns)
    let count = form.rows * columns
    let dropout =
      form.hasDropout
      ? ck_dropout(probability: 0.4, key: 0xFEED_0123_4567_89AB) : ck_dropout.none
    let shape = LayerNormKernel.Shape(
      rows: form.rows, columns: columns, epsilon: 0.01, dropout: dropout)
    let (y, sum) = (Guarded(count), Guarded(count))
    let (mean, rstd) = (Guarded(form.rows), Guarded(form.rows))
    LayerNormKernel.forward(
      y.pointer, sum: sum.pointer, mean: mean.pointer, rstd: rstd.pointer, input.x,
      bias: form.hasBias ? input.bias : nil, residual: form.hasResidual ? input.residual : nil,
      gamma: input.gamma, beta: input.beta, shape)

    let kept = written(count, over: [Float](repeating: 1, count: count)) {
      DropoutKernel.apply($0, $0, count: count, dropout)
    }.map { Double($0) }
    let sums = (0..<count).map { i in
      (Double(input.x[i]) + (form.hasBias ? Double(input.bias[i % columns]) : 0)) * kept[i]
        + (form.hasResidual ? Double(input.residual[i]) : 0)
    }
    let rows = Exact.rows(sums, columns).map { Row($0, epsilon: 0.01) }
    #expect(deviation(sum.elements(), sums) < Self.tolerance)
    #expect(deviation(y.elements(), rows.flatMap { $0.result(input) }) < Self.tolerance)
    #expect(mean.elements().count == rows.count && rstd.elements().count == rows.count)

    // Without bias and dropout the gradient of x is that of the sum, and not asked for.
    let asksForX = form.hasBias || form.hasDropout
    let before = numbers(columns, seed: 8)
    let (dsum, dx) = (Guarded(count), Guarded(count, over: input.dy))
    let sumsOfColumns = (0..<3).map { _ in Guarded(columns, over: before) }
    let scratch = Guarded(PartialSums.scratchCount(rows: form.rows, columns: columns, sums: 3))
    LayerNormKernel.backward(
      dsum: dsum.pointer, dx: asksForX ? dx.pointer : nil, dgamma: sumsOfColumns[0].pointer,
      dbeta: sumsOfColumns[1].pointer, dbias: form.hasBias ? sumsOfColumns[2].pointer : nil,
      input.dy, sum: sum.pointer, mean: mean.pointer, rstd: rstd.pointer, gamma: input.gamma,
      scratch: scratch.pointer, shape)
    _ = scratch.elements()

    let dy = Exact.rows(input.dy, columns)
    let slopes = zip(rows, dy).flatMap { $0.slope($1, input) }
    let keptSlopes = zip(slopes, kept).map { $0 * $1 }
    let gammas = zip(rows, dy).map { row, dy in zip(row.normal, dy).map { $0 * $1 } }
    #expect(deviation(dsum.elements(), slopes) < Self.tolerance)
    #expect(
      deviation(dx.elements(), asksForX ? keptSlopes : input.dy.map { Double($0) })
        < Self.tolerance)
    let biases = form.hasBias ? Exact.rows(keptSlopes, columns) : []
    for (found, wanted) in zip(sumsOfColumns, [gammas, dy, biases]) {
      let sums = Exact.columnSums(wanted, from: before)
      #expect(
        deviation(found.elements(), sums, floor: Double(form.rows + 1)) < Self.sumTolerance)
    }
  }

  /// What the kernels read.
  private struct Input {
    let x, residual, dy, bias, gamma, beta: [Float]

    init(rows: Int, columns: Int) {
      let count = rows * columns
      (x, residual, dy) = (
        numbers(count), numbers(count, seed: 2), numbers(count, seed: 3)
      )
      (bias, gamma, beta) = (
        numbers(columns, seed: 4), numbers(columns, seed: 5), numbers(columns, seed: 6)
      )
    }
  }

  /// A row in double precision.
  private struct Row {
    /// (s - mean) / σ.
    let normal: [Double]
    private let rstd: Double

    init(_ sums: [Double], epsilon: Double) {
      let mean = sums.reduce(0, +) / Double(sums.count)
      let variance = sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(sums.count)
      let rstd = 1 / (variance + epsilon).squareRoot()
      normal = sums.map { ($0 - mean) * rstd }
      self.rstd = rstd
    }

    func result(_ input: Input) -> [Double] {
      normal.indices.map { normal[$0] * Double(input.gamma[$0]) + Double(input.beta[$0]) }
    }

    /// The gradient of s from that of the result.
    func slope(_ dy: [Double], _ input: Input) -> [Double] {
      let g = zip(dy, input.gamma).map { $0 * Double($1) }
      let count = Double(g.count)
      let mean = g.reduce(0, +) / count
      let product = zip(g, normal).reduce(0) { $0 + $1.0 * $1.1 } / count
      return zip(g, normal).map { rstd * ($0 - mean - $1 * product) }
    }
  }
}
