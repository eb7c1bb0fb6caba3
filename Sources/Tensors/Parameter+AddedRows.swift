internal import Kernels

extension Parameter {
  /// Gives rows that were added to a table values near the mean of the others.
  ///
  /// Draws from the normal distribution with the mean of the first rows and 1e-9 times their
  /// covariance, or, where there are too few rows for one of full rank, takes the mean. A draw is the
  /// mean plus √(1e-9 / n) Σ z (row - mean) with a normal z for every row.
  /// Source: Hewitt 2021, "Initializing new word embeddings for pretrained language models";
  /// `transformers.PreTrainedModel.resize_token_embeddings(mean_resizing=True)`.
  ///
  /// - Parameters:
  ///   - first: The first of the added rows.
  ///   - key: Names the stream that a row is drawn from.
  /// - Precondition: The parameter is a matrix with rows before `first`.
  package func fillAddedRows(from first: Int, key: (_ row: Int) -> UInt64) {
    precondition(
      shape.count == 2 && 0 < first && first <= shape[0],
      "fillAddedRows(from: \(first)) of \(name) \(shape)")
    let width = shape[1]
    let values = changeValues()
    var sums = [Double](repeating: 0, count: width)
    for row in 0..<first {
      for column in 0..<width { sums[column] += Double(values[row * width + column]) }
    }
    let mean = sums.map { Float($0 / Double(first)) }
    let scale = first > width ? (Float(1e-9) / Float(first)).squareRoot() : 0
    let chunk = 64
    for start in stride(from: first, to: shape[0], by: chunk) {
      let rows = min(chunk, shape[0] - start)
      let draws = Storage(count: rows * first)
      var drawSums: [Float] = []
      for row in 0..<rows {
        let line = draws.pointer + row * first
        NormalKernel.fill(line, count: first, deviation: 1, key: key(start + row))
        drawSums.append((0..<first).reduce(0) { $0 + line[$1] })
      }
      let products = Storage(count: rows * width)
      MatrixProduct.multiply(
        into: products.pointer, stride: width, MatrixOperand(draws.pointer, stride: first),
        MatrixOperand(values, stride: width), rows: rows, columns: width, inner: first)
      for row in 0..<rows {
        for column in 0..<width {
          let draw = products.pointer[row * width + column] - drawSums[row] * mean[column]
          values[(start + row) * width + column] = mean[column] + scale * draw
        }
      }
      extendLifetime(draws)
      extendLifetime(products)
    }
  }
}
