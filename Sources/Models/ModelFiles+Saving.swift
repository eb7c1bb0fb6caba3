internal import Files
internal import Tensors

extension ModelFiles {
  /// Saves a model in place of one that the folder may hold.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - folder: Made if it is missing.
  ///   - maximumShardBytes: The most bytes of weights in a file; beyond it they go to several and an
  ///     index. Nil for one file.
  /// - Throws: The error of the file that cannot be written.
  public static func save(
    _ model: any PretrainedModel, folder: String, maximumShardBytes: Int? = nil
  ) throws {
    try Folder.create(folder, withParents: true)
    let plan = SafeTensorsShardPlan(
      entries(of: model.parameters), maximumBytes: maximumShardBytes)
    for (name, entries) in plan.files {
      let sink = try DurableWriter(creating: try unused(folder + "/" + name + ".new"))
      try SafeTensorsWriter(entries, file: folder + "/" + name).write(to: sink)
      try sink.commit()
    }
    // An index must not lead to files of two models, not even if the power fails now.
    let index = folder + "/" + indexName
    if File.exists(index) { try File.remove(index) }
    for (name, _) in plan.files {
      try File.rename(folder + "/" + name + ".new", to: folder + "/" + name)
    }
    if let bytes = plan.index { try File.replaceDurably(index, with: bytes) }
    let kept = Set(plan.files.map(\.name))
    for name in try Folder.list(folder) where isWeights(name) && !kept.contains(name) {
      try File.remove(folder + "/" + name)
    }
    try File.replaceDurably(folder + "/" + configurationName, with: configurationBytes(of: model))
  }

  private static func unused(_ path: String) throws -> String {
    if File.exists(path) { try File.remove(path) }
    return path
  }

  /// Whether a file has the name that `save` gives to weights.
  private static func isWeights(_ name: String) -> Bool {
    let pattern = Array("model-00000-of-00000.safetensors".utf8)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return name == weightsName
      || name.utf8.count == pattern.count
        && zip(name.utf8, pattern).allSatisfy { $0 == $1 || $1 == 0x30 && digits.contains($0) }
  }
}
