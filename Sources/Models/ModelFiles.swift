package import Files
package import Tensors

/// Models as folders that Transformers writes and opens: config.json and model.safetensors.
public enum ModelFiles {
  /// The name of the file that says what a model is made of.
  package static let configurationName = "config.json"
  /// The name of the file that holds the parameters.
  package static let weightsName = SafeTensorsShardPlan.singleName
  /// The name of the file that says in which files the parameters lie, where one does not hold all.
  package static let indexName = SafeTensorsShardPlan.indexName

  private static let configurationLimit = 16 << 20

  /// Loads a model.
  ///
  /// - Parameter folder: Holds config.json and model.safetensors, or an index and the files it names.
  /// - Returns: The model of the architecture that config.json names.
  /// - Throws: `ModelError` if the two do not fit or something is not supported; otherwise the error
  ///   of the file that cannot be read.
  public static func load(folder: String) throws -> any PretrainedModel {
    let file = folder + "/" + configurationName
    let json = try JSON.parse(File.read(file, limit: configurationLimit), file: file)
    let configuration = try ModelConfiguration(json, file: file)
    let model = ModelRegistry.make(configuration, key: nil)
    try loadWeights(into: model, folder: folder)
    return model
  }

  /// The parameters as tensors to write, under their Hugging Face names.
  package static func entries(of store: ParameterStore) -> [SafeTensorsWriter.Entry] {
    unsafe entries(of: store, base: store.values)
  }

  /// Arrays that are laid out like the store, such as an optimizer's, as tensors to write.
  ///
  /// - Parameters:
  ///   - store: Says where each parameter lies.
  ///   - base: The array's first element; the array must stay valid until the tensors are written.
  ///   - suffix: Follows the parameter's name.
  /// - Returns: A tensor for every parameter.
  package static func entries(
    of store: ParameterStore, base: UnsafePointer<Float>, suffix: String = ""
  ) -> [SafeTensorsWriter.Entry] {
    store.parameters.map { parameter in
      unsafe SafeTensorsWriter.Entry(
        name: parameter.name + suffix, shape: parameter.shape,
        values: UnsafeBufferPointer(start: base + parameter.offset, count: parameter.count))
    }
  }

  /// The contents of config.json for the model as it is saved: with this head and in 32-bit floats.
  package static func configurationBytes(of model: any PretrainedModel) -> [UInt8] {
    let configuration = model.configuration
    var members = configuration.json.object ?? JSONObject()
    if let architecture = ModelRegistry.architecture(of: configuration.type) {
      members["architectures"] = [JSON(architecture.className)]
    }
    for key in ["dtype", "torch_dtype"] where members[key] != nil { members[key] = "float32" }
    return JSON.object(members).serialized(pretty: true) + [UInt8(ascii: "\n")]
  }
}
