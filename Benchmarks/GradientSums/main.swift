// How long the gradients of one step take from complete buffers to sums, on every rank one
// micro-batch: the same work as one MPI_Allreduce of as many floats. See run.sh beside this file.

import Collectives
import DataParallel
import Glibc

let floatCount = 82 << 20
let bucketCount = 12
let repetitions = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 11

World.run { world in
  let blocks = floatCount / GradientReducer.blockSize
  let cuts = (0...bucketCount).map { blocks * $0 / bucketCount * GradientReducer.blockSize }
  let buckets = zip(cuts, cuts.dropFirst()).map { $0..<$1 }
  for mode in [GradientReducer.Mode.sharedMemory, .exchange] {
    let reducer = try GradientReducer(
      floatCount: floatCount, buckets: buckets, over: world, microBatchCapacity: world.worldSize,
      mode: mode)
    var times: [Duration] = []
    for repetition in 0...repetitions {
      try reducer.beginStep(microBatchCount: world.worldSize)
      let buffer = reducer.gradientBuffer(forMicroBatch: world.rank)
      buffer.update(repeating: Float(world.rank + repetition), count: floatCount)
      try world.barrier()
      let start = SuspendingClock.now
      for bucket in buckets.indices { try reducer.bucketIsReady(bucket) }
      let result = try reducer.finish()
      try world.barrier()
      // The first step touches memory for the first time.
      if repetition > 0 { times.append(SuspendingClock.now - start) }
      let sum = (0..<world.worldSize).reduce(0) { $0 + Float($1 + repetition) }
      for range in result.owned {
        precondition(result.gradients[range.lowerBound] == sum, "a sum is wrong")
      }
    }
    times.sort()
    if world.isRoot {
      print(
        "\(mode) on \(world.worldSize) ranks: median \(times[times.count / 2] / .milliseconds(1))"
          + " ms, fastest \(times[0] / .milliseconds(1)) ms")
    }
  }
}
