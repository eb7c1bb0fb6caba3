internal import Files
package import Randomness
package import Tensors

extension ModelFiles {
  /// Reads all parameters of a store.
  ///
  /// - Parameters:
  ///   - store: Takes the values; after an error some are read and others are not.
  ///   - file: A safetensors file.
  ///   - names: What else the file may hold.
  ///   - beat: Called after every parameter, to tell others that the work goes on.
  /// - Throws: `ModelError.weights` if a parameter is missing, has another shape or a number that is
  ///   not finite, or if there are tensors that do not belong to the model; `SafeTensorsError` or
  ///   `FileError` if the file cannot be read.
  package static func loadWeights(
    into store: ParameterStore, file: String, names: WeightNames = WeightNames(),
    beat: () throws -> Void = {}
  ) throws {
    _ = try loadWeights(into: store, from: SafeTensorsShards(file: file), names: names, beat: beat)
  }

  /// Reads all parameters of a store from a folder's model.safetensors, or else from the files that its
  /// model.safetensors.index.json names.
  ///
  /// - Parameters:
  ///   - store: Takes the values; after an error some are read and others are not.
  ///   - folder: Holds the file or the files.
  ///   - names: What else the files may hold.
  ///   - beat: Called after every parameter, to tell others that the work goes on.
  /// - Throws: `ForeignWeightsError` if the folder has weights only in files that are not read; otherwise
  ///   as for one file, and `SafeTensorsIndexError`.
  package static func loadWeights(
    into store: ParameterStore, folder: String, names: WeightNames = WeightNames(),
    beat: () throws -> Void = {}
  ) throws {
    _ = try loadWeights(into: store, from: weights(in: folder), names: names, beat: beat)
  }

  /// Reads all parameters of a model from a folder, as Transformers calls them.
  ///
  /// - Parameters:
  ///   - model: Takes the values; after an error some are read and others are not.
  ///   - folder: Holds model.safetensors, or an index and the files it names.
  ///   - key: Names the values of a head that the files do not hold and of tokens that the model has
  ///     beyond those of its configuration's file; nil refuses such files.
  ///   - beat: Called after every parameter, to tell others that the work goes on.
  /// - Returns: What was made up, a sentence each.
  /// - Throws: As for a store and a folder.
  @discardableResult
  package static func loadWeights(
    into model: any PretrainedModel, folder: String, completing key: RandomKey? = nil,
    beat: () throws -> Void = {}
  ) throws -> [String] {
    let configuration = model.configuration
    return try loadWeights(
      into: model.parameters, from: weights(in: folder),
      names: ModelRegistry.architecture(of: configuration.type)?.weights ?? WeightNames(),
      completion: key.map {
        WeightCompletion(key: $0, storedVocabularySize: configuration.storedVocabularySize)
      }, beat: beat)
  }

  /// Opens the weights of a folder.
  private static func weights(in folder: String) throws -> SafeTensorsShards {
    let (single, index) = ("\(folder)/\(weightsName)", "\(folder)/\(indexName)")
    if File.exists(single) { return try SafeTensorsShards(file: single) }
    if File.exists(index) { return try SafeTensorsShards(index: index) }
    if let foreign = ForeignWeightsError.first(among: (try? Folder.list(folder)) ?? []) {
      throw ForeignWeightsError(file: "\(folder)/\(foreign)", model: folder)
    }
    return try SafeTensorsShards(file: single)
  }

  private static func loadWeights(
    into store: ParameterStore, from reader: SafeTensorsShards, names: WeightNames,
    completion: WeightCompletion? = nil, beat: () throws -> Void
  ) throws -> [String] {
    // All names and shapes before the first number: a wrong file is refused at once.
    let head = completion == nil ? [] : missingHead(of: store.parameters, in: reader, names)
    let parameters = store.parameters.filter { parameter in
      !head.contains { $0 === parameter }
    }
    let tensors = try tensors(of: parameters, in: reader, names, completion)
    let ignored = try checkOthers(
      in: reader, except: Set(tensors.map(\.name)), names, ignoringHeads: !head.isEmpty)
    for (parameter, tensor) in zip(parameters, tensors) {
      let values = unsafe UnsafeMutableBufferPointer(
        start: parameter.changeValues(), count: tensor.shape.reduce(1, *))
      try unsafe reader.read(tensor, into: values)
      try unsafe checkFinite(UnsafeBufferPointer(values), tensor, file: reader.file(of: tensor))
      completion?.fillRows(of: parameter, behind: tensor.shape)
      try beat()
    }
    completion?.initialize(head, in: store)
    try checkDuplicates(of: parameters, read: tensors, in: reader, names, completion)
    return completion?.notes(head: head, ignored: ignored, parameters, tensors) ?? []
  }

  /// The parameters of the head, if the files hold all of the encoder and none of these.
  private static func missingHead(
    of parameters: [Parameter], in reader: SafeTensorsShards, _ names: WeightNames
  ) -> [Parameter] {
    let head = parameters.filter { names.isHead($0.name) }
    let isThere = { (parameter: Parameter) in
      names.spellings(of: parameter.name).contains { reader[$0] != nil }
    }
    let encoder = parameters.filter { !names.isHead($0.name) }
    return encoder.allSatisfy(isThere) && !head.contains(where: isThere) ? head : []
  }

  private static func tensors(
    of parameters: [Parameter], in reader: SafeTensorsShards, _ names: WeightNames,
    _ completion: WeightCompletion?
  ) throws -> [SafeTensor] {
    let found = parameters.map { parameter in
      names.spellings(of: parameter.name).lazy.compactMap { reader[$0] }.first
    }
    let missing = zip(parameters, found).filter { $1 == nil }.map(\.0)
    if let first = missing.first {
      let others = missing.count > 1 ? " and \(missing.count - 1) more are" : " is"
      throw ModelError.weights(
        file: reader.path,
        problem: "tensor '\(first.name)' \(first.shape)\(others) missing: is this the file of "
          + "the same model as config.json, with a masked-language head?")
    }
    let tensors = found.compactMap { $0 }
    for (parameter, tensor) in zip(parameters, tensors) where parameter.shape != tensor.shape {
      if names.isVocabulary(parameter.name),
        completion?.completes(tensor.shape, to: parameter.shape) == true
      {
        continue
      }
      throw wrongShape(tensor, wanted: parameter.shape, file: reader.file(of: tensor))
    }
    return tensors
  }

  private static func wrongShape(
    _ tensor: SafeTensor, wanted: [Int], file: String
  ) -> ModelError {
    .weights(
      file: file,
      problem: "tensor '\(String(displaying: tensor.name))': has shape \(tensor.shape), must have "
        + "\(wanted) by config.json: use the file of the same model")
  }

  /// Refuses tensors that do not belong to the model; where other heads are ignored, names them.
  private static func checkOthers(
    in reader: SafeTensorsShards, except known: Set<[UInt8]>, _ names: WeightNames,
    ignoringHeads: Bool
  ) throws -> [[UInt8]] {
    let others = reader.tensors.filter {
      !known.contains($0.name) && !names.isDuplicate($0.name) && !names.isUnused($0.name)
    }
    // Only where the encoder's tensors bear its name can those of a head be told from them.
    let isPrefixed = known.allSatisfy { names.isEncoder($0) || names.isDuplicate($0) }
    if ignoringHeads, isPrefixed, !others.contains(where: { names.isEncoder($0.name) }) {
      return others.map(\.name)
    }
    guard let first = others.first else { return [] }
    let more = others.count > 1 ? " and \(others.count - 1) more do" : " does"
    throw ModelError.weights(
      file: reader.path,
      problem:
        "tensor '\(String(displaying: first.name))'\(more) not belong to the model that "
        + "config.json describes: use the file of the same model")
  }

  private static func checkFinite(
    _ values: UnsafeBufferPointer<Float>, _ tensor: SafeTensor, file: String
  ) throws {
    var count = 0
    // Without a branch and a check for overflow the compiler counts many at once.
    for index in 0..<values.count { count &+= unsafe values[index].isFinite ? 0 : 1 }
    guard count > 0, let first = unsafe values.firstIndex(where: { !$0.isFinite }) else { return }
    throw ModelError.weights(
      file: file,
      problem:
        "tensor '\(String(displaying: tensor.name))': \(count) of \(values.count) numbers are "
        + "not finite, the first is \(unsafe values[first]) at index \(first): "
        + "use a checkpoint from before the run diverged")
  }

  /// Checks tensors that the model ties to a parameter.
  private static func checkDuplicates(
    of parameters: [Parameter], read: [SafeTensor], in reader: SafeTensorsShards,
    _ names: WeightNames, _ completion: WeightCompletion?
  ) throws {
    for duplicate in names.duplicates {
      guard let tensor = reader[duplicate.tensor], !read.contains(tensor),
        let parameter = parameters.first(where: { $0.name == duplicate.parameter })
      else { continue }
      guard
        tensor.shape == parameter.shape
          || completion?.completes(tensor.shape, to: parameter.shape) == true
      else {
        throw wrongShape(tensor, wanted: parameter.shape, file: reader.file(of: tensor))
      }
      let values = try reader.floats(of: tensor)
      guard values.elementsEqual(parameter.elements.prefix(values.count)) else {
        throw ModelError.weights(
          file: reader.path,
          problem:
            "tensor '\(duplicate.tensor)' differs from '\(duplicate.parameter)', to which the "
            + "model ties it: export the model with tied embeddings")
      }
    }
  }
}
