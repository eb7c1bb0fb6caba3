internal import CKernels

/// Additions in a fixed order, made in one pass over pieces that stay in the cache.
package struct GradientSum {
  /// What is added: a part that is given, or the result of an addition before.
  enum Operand: Equatable {
    case part(Int)
    case result(Int)
  }

  private struct Addition {
    var left: Operand
    var right: Operand
    /// The buffer of intermediate values that receives the sum.
    var result: Int
  }

  /// Floats in a piece: intermediate values of a deep tree then stay in the second-level cache.
  private static let pieceCount = 4096

  private let partCount: Int
  private var additions: [Addition] = []
  private var resultCount = 0
  private var freeResults: [Int] = []

  init(partCount: Int) {
    self.partCount = partCount
  }

  /// Notes an addition.
  ///
  /// - Returns: its result.
  mutating func add(_ left: Operand, _ right: Operand) -> Operand {
    if case .result(let index) = right { freeResults.append(index) }
    if case .result(let index) = left { freeResults.append(index) }
    let result: Int
    if let free = freeResults.popLast() {
      result = free
    } else {
      result = resultCount
      resultCount += 1
    }
    additions.append(Addition(left: left, right: right, result: result))
    return .result(result)
  }

  /// Adds.
  ///
  /// - Parameters:
  ///   - parts: the values of the parts, in order, `[count]` each.
  ///   - sum: where the sum goes, `[count]`; it may be one of the parts.
  ///   - count: the number of floats.
  package func evaluate(
    _ parts: [UnsafePointer<Float>], into sum: UnsafeMutablePointer<Float>, count: Int
  ) {
    precondition(parts.count == partCount, "\(parts.count) parts for a sum of \(partCount)")
    guard let last = additions.last else {
      if parts[0] != UnsafePointer(sum) { sum.update(from: parts[0], count: count) }
      return
    }
    let pieceCount = Self.pieceCount
    withUnsafeTemporaryAllocation(
      byteCount: resultCount * pieceCount * MemoryLayout<Float>.stride, alignment: 64
    ) { scratch in
      let results = scratch.bindMemory(to: Float.self)
      guard let firstResult = results.baseAddress else { return }
      for start in stride(from: 0, to: count, by: pieceCount) {
        let length = min(pieceCount, count - start)
        func place(_ operand: Operand) -> UnsafePointer<Float> {
          switch operand {
          case .part(let index): parts[index] + start
          case .result(let index): UnsafePointer(firstResult + index * pieceCount)
          }
        }
        for addition in additions.dropLast() {
          ck_add(
            firstResult + addition.result * pieceCount, place(addition.left),
            place(addition.right), Int64(length))
        }
        ck_add(sum + start, place(last.left), place(last.right), Int64(length))
      }
    }
  }
}
