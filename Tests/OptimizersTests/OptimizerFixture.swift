import Files
import Foundation
import Tensors

/// What PyTorch's optimizers computed; scripts/reference/optimizers.py says what the files hold.
struct OptimizerFixture {
  let settings: JSON
  private let tensors: SafeTensorsReader

  init() throws {
    let path = Bundle.module.bundlePath + "/Fixtures/optimizers"
    settings = try JSON.parse(File.read(path + ".json"), file: "optimizers.json")
    tensors = try SafeTensorsReader(path + ".safetensors")
  }

  func floats(_ name: String) throws -> [Float] {
    guard let tensor = tensors[name] else { throw MissingTensor(name: name) }
    return try tensors.floats(of: tensor)
  }

  /// The two parameters before the first step, of which `weight` decays.
  func store() throws -> ParameterStore {
    var declarations = ParameterDeclarations()
    _ = declarations.parameter("weight", shape: [5, 7], .constant(0))
    _ = declarations.parameter("bias", shape: [11], .constant(0), decays: false)
    let store = ParameterStore(declarations) { _ in 0 }
    for parameter in store.parameters {
      parameter.changeValues().update(
        from: try floats("initial.\(parameter.name)"), count: parameter.count)
    }
    return store
  }

  /// Puts the gradients of a step, counted from 1, into the store.
  func setGradients(of step: Int, in store: ParameterStore) throws {
    for parameter in store.parameters {
      parameter.gradient.update(
        from: try floats("gradient.\(step).\(parameter.name)"), count: parameter.count)
    }
  }

  struct MissingTensor: Error {
    let name: String
  }
}

extension JSON {
  func numbers(_ key: String) -> [Double] { (self[key]?.array ?? []).compactMap(\.double) }
}

/// The largest difference, each as a share of the wanted number or of `floor`, whichever is larger.
func deviation(_ found: [Float], _ wanted: [Float], floor: Double) -> Double {
  guard found.count == wanted.count else { return .infinity }
  return zip(found, wanted).reduce(0) { largest, pair in
    let (found, wanted) = (Double(pair.0), Double(pair.1))
    let difference = abs(found - wanted) / max(abs(wanted), floor)
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}
