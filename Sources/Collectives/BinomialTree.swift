/// The binomial tree over a world's ranks in which messages travel from and to a root.
struct BinomialTree {
  /// The rank nearer to the root; nil for the root.
  let parent: Int?
  /// The ranks next to this one, farther from the root; those with more behind them first.
  let children: [Int]

  /// Creates the view of the tree from one rank.
  init(rank: Int, worldSize: Int, root: Int) {
    let position = (rank - root + worldSize) % worldSize
    func rankAt(_ position: Int) -> Int { (position + root) % worldSize }
    var children: [Int] = []
    var distance = 1
    while distance < worldSize && position & distance == 0 {
      if position + distance < worldSize { children.append(rankAt(position + distance)) }
      distance <<= 1
    }
    self.children = children.reversed()
    parent = position == 0 ? nil : rankAt(position & (position - 1))
  }
}
