public import Tensors

/// Turns gradients into new values of parameters.
///
/// An optimizer works on ranges of the flat store, so that ranks which share memory can each update
/// a part of it.
public protocol Optimizer: AnyObject {
  /// The parameters that are updated.
  var parameters: ParameterStore { get }
  /// How many updates were made; part of the state.
  var updateCount: Int { get set }
  /// The names of the state's arrays, each of `parameters.count` floats.
  var stateNames: [String] { get }
  /// Where the state's arrays lie, in the order of `stateNames`; zeros before the first update.
  var state: UnsafeMutablePointer<Float> { get }

  /// Keeps the state in other memory from now on.
  ///
  /// - Parameters:
  ///   - pointer: `stateNames.count · parameters.count` floats that hold the state already.
  ///   - owner: What keeps that memory alive.
  func moveState(to pointer: UnsafeMutablePointer<Float>, owner: AnyObject)

  /// Updates the parameters in `ranges` as update number `updateCount`, which the caller has
  /// counted already.
  ///
  /// - Parameters:
  ///   - ranges: Ranges of the flat store.
  ///   - gradients: The store's gradients, valid in `ranges`.
  ///   - gradientScale: A factor of every gradient, from clipping.
  ///   - learningRate: Of this update.
  func update(
    _ ranges: [Range<Int>], gradients: UnsafePointer<Float>, gradientScale: Float,
    learningRate: Double)
}
