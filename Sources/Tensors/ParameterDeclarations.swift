/// The parameters of a model in the order of its forward pass, before they have memory.
public struct ParameterDeclarations {
  var groups: [[Parameter]] = []

  /// Nothing declared yet.
  public init() {}

  /// Declares one parameter.
  ///
  /// - Parameters:
  ///   - name: Its name in the model's file.
  ///   - shape: The extents of its axes.
  ///   - initialization: How it begins.
  ///   - decays: Whether weight decay applies.
  /// - Returns: The parameter; it has memory once its store is made.
  public mutating func parameter(
    _ name: String, shape: [Int], _ initialization: Initialization, decays: Bool = true
  ) -> Parameter {
    group([name], shape: shape, initialization, decays: decays)[0]
  }

  /// Declares parameters of one shape that lie one behind the other without a gap, so that one
  /// matrix product can read them as one.
  public mutating func group(
    _ names: [String], shape: [Int], _ initialization: Initialization, decays: Bool = true
  ) -> [Parameter] {
    let group = names.map {
      Parameter(name: $0, shape: shape, decays: decays, initialization: initialization)
    }
    groups.append(group)
    return group
  }
}
