/// Who holds what of a step's tree when every rank has done its run.
struct GradientPlan {
  /// The tree.
  let tree: GradientTree
  /// The runs of all ranks.
  let runs: [Range<Int>]
  /// What each rank holds, in the order of ranks and micro-batches.
  let held: [[HeldPartials.Partial]]
  /// The number of buffers that each rank needs, at least one.
  let slotCounts: [Int]

  init(microBatchCount: Int, worldSize: Int) {
    let tree = GradientTree(leafCount: microBatchCount)
    self.tree = tree
    runs = (0..<worldSize).map { tree.run(ofRank: $0, worldSize: worldSize) }
    let ends = runs.map(HeldPartials.init(afterRun:))
    held = ends.map(\.partials)
    slotCounts = ends.map { max(1, $0.slotCount) }
  }

  /// The number of buffers that each rank needs for steps of up to `capacity` micro-batches.
  static func slotCounts(capacity: Int, worldSize: Int) -> [Int] {
    var counts = [Int](repeating: 1, count: worldSize)
    for microBatchCount in 1...capacity {
      let tree = GradientTree(leafCount: microBatchCount)
      for rank in 0..<worldSize {
        let run = tree.run(ofRank: rank, worldSize: worldSize)
        counts[rank] = max(counts[rank], HeldPartials.slotCount(run: run))
      }
    }
    return counts
  }
}
