public import Randomness
public import Tensors

/// Whether a forward pass trains or evaluates, where its dropout comes from, and whether it keeps its
/// activations.
///
/// A context serves one forward pass: every place of the model that asks for dropout gets a stream
/// of its own, named by the order of the calls.
public final class Context {
  /// Whether dropout is on.
  public let isTraining: Bool
  private let key: RandomKey
  private let recomputes: Bool
  private var place: UInt64

  private init(isTraining: Bool, key: RandomKey, recomputes: Bool = false, place: UInt64 = 0) {
    self.isTraining = isTraining
    self.key = key
    self.recomputes = recomputes
    self.place = place
  }

  /// Trains, with the dropout that `key` names: that of one micro-batch of one step.
  ///
  /// - Parameters:
  ///   - key: Names the dropout.
  ///   - recomputing: Whether `recomputed` drops activations. It changes no bit of any result.
  /// - Returns: A context for one forward pass and its backward pass.
  public static func training(key: RandomKey, recomputing: Bool = false) -> Context {
    Context(isTraining: true, key: key.derived("dropout"), recomputes: recomputing)
  }

  /// Evaluates: nothing is dropped.
  public static func evaluation() -> Context {
    Context(isTraining: false, key: RandomKey(seed: 0))
  }

  /// The dropout of the next place, or nil where nothing is dropped.
  public func dropout(_ probability: Double) -> Dropout? {
    place += 1
    guard isTraining, probability > 0 else { return nil }
    return Dropout(probability: probability, key: key.derived(place).word)
  }

  /// `layer(x)`, whose activations are dropped and computed again in the backward pass if this context
  /// recomputes.
  ///
  /// - Parameters:
  ///   - x: What the layer reads; besides it only parameters.
  ///   - layer: Takes its input and the context to use, which replays the same dropout every time.
  /// - Returns: What `layer` returns.
  public func recomputed(
    _ x: Tensor, _ layer: @escaping (_ x: Tensor, _ context: Context) -> Tensor
  ) -> Tensor {
    guard isTraining, recomputes else { return layer(x, self) }
    let (isTraining, key, first) = (isTraining, key, place)
    var next = first
    let y = x.recomputed { x in
      let replay = Context(isTraining: isTraining, key: key, place: first)
      defer { next = replay.place }
      return layer(x, replay)
    }
    place = next
    return y
  }
}
