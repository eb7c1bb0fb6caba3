import Collectives
import Files
import Tensors

/// What a run is asked to compute its matrix products in.
public enum PrecisionChoice: String, Sendable, CaseIterable {
  /// float32.
  case fp32
  /// bfloat16, or float32 where a processor has no instructions for it.
  case bf16
  /// What is faster on the machine of rank 0; a resumed run keeps what it began with.
  case auto

  /// Decides for all ranks; all of them must call it with the same choice.
  ///
  /// - Parameters:
  ///   - saved: What the run to be resumed was computed in; rank 0's counts.
  ///   - world: The ranks.
  /// - Returns: The precision, and what is to be said about it, the same on every rank.
  /// - Throws: `CollectiveError`.
  func resolve(
    saved: Precision?, on world: any Communicator
  ) throws -> (precision: Precision, note: String?) {
    guard self != .fp32 else { return (.float32, nil) }
    let lacking = try world.allgather([Precision.bfloat16.isSupported ? 1 : 0])
      .enumerated().filter { $1 == [0] }.map(\.offset)
    if let first = lacking.first {
      let place = world.worldSize > 1 ? "the processor of rank \(first)" : "this processor"
      return (
        .float32,
        "\(place) has no bf16 instructions (AVX512-BF16 or AMX): computing in fp32"
      )
    }
    guard self == .auto else { return (.bfloat16, nil) }
    let chosen = try world.onRoot("measuring precisions") { _ in
      Array((saved ?? .fastest()).rawValue.utf8)
    }
    let name = String(decoding: try world.broadcast(chosen, from: 0), as: UTF8.self)
    let precision = Precision(rawValue: name) ?? .float32
    return (
      precision,
      saved == nil ? "--precision auto: \(precision.rawValue) is faster here" : nil
    )
  }
}
