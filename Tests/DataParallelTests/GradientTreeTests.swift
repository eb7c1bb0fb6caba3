import DataParallel
import Testing

struct GradientTreeTests {
  @Test(arguments: 1...33, 1...8)
  func runsAreContiguousAndEven(leafCount: Int, worldSize: Int) {
    let tree = GradientTree(leafCount: leafCount)
    let runs = (0..<worldSize).map { tree.run(ofRank: $0, worldSize: worldSize) }
    #expect(runs.flatMap { Array($0) } == Array(0..<leafCount))
    #expect(runs.allSatisfy { leafCount / worldSize...leafCount / worldSize + 1 ~= $0.count })
  }

  @Test func coverIsTheFewestNodes() {
    let tree = GradientTree(leafCount: 11)
    #expect(tree.cover(0..<11) == [0..<11])
    #expect(tree.cover(0..<8) == [0..<8])
    #expect(tree.cover(1..<11) == [1..<2, 2..<4, 4..<8, 8..<11])
    #expect(tree.cover(3..<10) == [3..<4, 4..<8, 8..<10])
    #expect(tree.cover(8..<11) == [8..<11])
    #expect(tree.cover(10..<11) == [10..<11])
  }

  /// Every way to cut 1…12 micro-batches into two runs, whose sums are then added.
  @Test(arguments: 1...12)
  func sumOfAnyPartsIsTheSumOfTheLeaves(leafCount: Int) {
    let tree = GradientTree(leafCount: leafCount)
    let leaves = (0..<leafCount).map { [exp2(Float($0 * 7 % 30)) / 3, Float($0) * 0.1] }
    let expected = (0..<2).map { place in referenceSum(leaves.map { $0[place] }) }
    for cut in 0...leafCount {
      let runs = [0..<cut, cut..<leafCount].filter { !$0.isEmpty }
      let nodes = runs.flatMap(tree.cover)
      let values = nodes.map { node in
        evaluate(tree.sum(of: node, from: node.map { $0..<$0 + 1 }), node.map { leaves[$0] })
      }
      #expect(evaluate(tree.sum(from: nodes), values) == expected, "cut at \(cut)")
    }
  }

  private func evaluate(_ sum: GradientSum, _ parts: [[Float]]) -> [Float] {
    let pointers = parts.map { part in
      let copy = UnsafeMutablePointer<Float>.allocate(capacity: part.count)
      copy.initialize(from: part, count: part.count)
      return copy
    }
    defer { for pointer in pointers { pointer.deallocate() } }
    // Into one of the parts, as the reducer does.
    sum.evaluate(pointers.map { UnsafePointer($0) }, into: pointers[0], count: parts[0].count)
    return Array(UnsafeBufferPointer(start: pointers[0], count: parts[0].count))
  }
}
