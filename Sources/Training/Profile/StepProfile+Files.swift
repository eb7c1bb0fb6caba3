import Files
import Kernels

extension StepProfile {
  /// The events as Chrome and Perfetto read them: kernels on one track, phases on another.
  func trace(rank: Int) -> JSON {
    let first = events.map(\.begin).min() ?? 0
    func microseconds(_ nanoseconds: UInt64) -> JSON { JSON(Double(nanoseconds) / 1_000) }
    let records = events.sorted { ($0.begin, $1.nanoseconds) < ($1.begin, $0.nanoseconds) }
      .map { event in
        JSON([
          ("name", JSON(event.name)), ("cat", JSON(event.kind == .kernel ? "kernel" : "phase")),
          ("ph", JSON("X")), ("ts", microseconds(event.begin - first)),
          ("dur", microseconds(event.nanoseconds)), ("pid", JSON(rank)),
          ("tid", JSON(event.kind == .kernel ? 1 : 0)),
          (
            "args",
            JSON([
              ("phase", JSON(event.phase)),
              ("shape", JSON(event.shape.map { "\($0)" }.joined(separator: " x "))),
              ("flops", JSON(event.flops)), ("bytes", JSON(event.bytes)),
            ])
          ),
        ])
      }
    return JSON([("displayTimeUnit", JSON("ms")), ("traceEvents", JSON(records))])
  }

  /// What the table says, for programs.
  func summary(_ ceilings: Ceilings) -> JSON {
    JSON([
      ("steps", JSON(stepCount)), ("seconds", JSON(seconds(ofPhase: "step"))),
      ("flops_per_second_ceiling", JSON(ceilings.flops)),
      ("bytes_per_second_ceiling", JSON(ceilings.bytes)),
      ("waiting_for_data_seconds", JSON(seconds(ofPhase: "waiting for data"))),
      ("waiting_for_ranks_seconds", JSON(seconds(ofPhase: "waiting for ranks"))),
      ("sum_over_ranks_seconds", JSON(seconds(ofPhase: "sum over ranks"))),
      ("evaluation_seconds", JSON(seconds(ofPhase: "evaluation"))),
      ("checkpoint_seconds", JSON(seconds(ofPhase: "checkpoint"))),
      (
        "operations",
        JSON(
          operations.map {
            JSON([
              ("name", JSON($0.name)), ("calls", JSON($0.callCount)),
              ("seconds", JSON($0.seconds)), ("flops", JSON($0.flops)), ("bytes", JSON($0.bytes)),
            ])
          })
      ),
    ])
  }

  /// Writes this rank's trace into `folder`, and on rank 0 the summary.
  ///
  /// - Throws: `FileError`.
  func write(to folder: String, rank: Int, _ ceilings: Ceilings) throws {
    try Folder.create(folder, withParents: true)
    let name = rank == 0 ? "trace.json" : "trace-rank-\(rank).json"
    try File.write(trace(rank: rank).serialized(pretty: false), to: folder + "/" + name)
    if rank == 0 {
      try File.write(summary(ceilings).serialized(), to: folder + "/operations.json")
    }
  }
}
