public import Randomness
public import Tensors

/// Whether a forward pass trains or evaluates, and where its dropout comes from.
///
/// A context serves one forward pass: every place of the model that asks for dropout gets a stream
/// of its own, named by the order of the calls.
public final class Context {
  /// Whether dropout is on.
  public let isTraining: Bool
  private let key: RandomKey
  private var place: UInt64 = 0

  private init(isTraining: Bool, key: RandomKey) {
    self.isTraining = isTraining
    self.key = key
  }

  /// Trains, with the dropout that `key` names: that of one micro-batch of one step.
  public static func training(key: RandomKey) -> Context {
    Context(isTraining: true, key: key.derived("dropout"))
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
}
