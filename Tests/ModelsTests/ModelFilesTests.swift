import Files
import Models
import Optimizers
import Randomness
import Tensors
import TestSupport
import Testing

struct ModelFilesTests {
  private typealias NamedTensor = (name: String, shape: [Int], values: [Float])

  let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  @Test(arguments: ModelFixture.all)
  func savedModelComesBackBitForBit(_ architecture: String) throws {
    let model = try ModelFixture(architecture).model()
    let folder = temporary.path("new/folder")
    for _ in 0..<2 { try ModelFiles.save(model, folder: folder) }
    let again = try ModelFiles.load(folder: folder)
    #expect(again.parameters.allBits == model.parameters.allBits)
    #expect(ModelFiles.configurationBytes(of: again) == ModelFiles.configurationBytes(of: model))
    #expect(try Folder.list(folder).sorted() == ["config.json", "model.safetensors"])
  }

  @Test(arguments: ModelFixture.all)
  func savedWeightsAreThoseThatTransformersSaves(_ architecture: String) throws {
    let fixture = try ModelFixture(architecture)
    try ModelFiles.save(try fixture.model(), folder: temporary.path)
    let saved = try SafeTensorsReader(temporary.path("model.safetensors"))
    let expected = try fixture.tensors("model")
    #expect(saved.tensors.map(\.shape) == expected.map(\.shape))
    #expect(saved.tensors.map { String(decoding: $0.name, as: UTF8.self) } == expected.map(\.name))
  }

  @Test func configurationSaysHowTheModelIsSaved() throws {
    try place("bert") { json in
      json["architectures"] = ["BertForPreTraining"]
      json["dtype"] = "bfloat16"
      json["anything"] = ["else", 1]
    }
    let model = try ModelFiles.load(folder: temporary.path)
    let json = try JSON.parse(ModelFiles.configurationBytes(of: model), file: "config.json")
    #expect(json["architectures"] == ["BertForMaskedLM"])
    #expect(json["dtype"] == "float32")
    #expect(json["anything"] == ["else", 1])
  }

  @Test(arguments: ModelFixture.architectures)
  func namesOfTensorFlowsTimeAreUnderstood(_ architecture: String) throws {
    try place(architecture) { tensors in
      for index in tensors.indices
      where ["LayerNorm.", "layer_norm."].contains(where: tensors[index].name.contains) {
        tensors[index].name = tensors[index].name.replacing(".weight", with: ".gamma")
          .replacing(".bias", with: ".beta")
      }
    }
    let expected = try ModelFixture(architecture).model().parameters.allBits
    #expect(try ModelFiles.load(folder: temporary.path).parameters.allBits == expected)
  }

  @Test(arguments: [
    ("bert", "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"),
    ("bert", "cls.predictions.bias", "cls.predictions.decoder.bias"),
    ("roberta", "roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight"),
    ("roberta", "lm_head.bias", "lm_head.decoder.bias"),
    ("distilbert", "distilbert.embeddings.word_embeddings.weight", "vocab_projector.weight"),
    ("xlm-roberta", "lm_head.bias", "lm_head.decoder.bias"),
    ("camembert", "roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight"),
    ("electra", "electra.embeddings.word_embeddings.weight", "generator_lm_head.weight"),
    ("albert", "albert.embeddings.word_embeddings.weight", "predictions.decoder.weight"),
    ("albert", "predictions.bias", "predictions.decoder.bias"),
    ("mpnet", "mpnet.embeddings.word_embeddings.weight", "lm_head.decoder.weight"),
    ("mpnet", "lm_head.bias", "lm_head.decoder.bias"),
    ("modernbert", "model.embeddings.tok_embeddings.weight", "decoder.weight"),
    ("deberta-v2-plain", "cls.predictions.bias", "cls.predictions.decoder.bias"),
    (
      "deberta-v2-plain", "deberta.embeddings.word_embeddings.weight",
      "cls.predictions.decoder.weight"
    ),
  ])
  func tiedTensorMayRepeatAParameterOrStandForIt(
    _ architecture: String, parameter: String, tied: String
  ) throws {
    let expected = try ModelFixture(architecture).model().parameters.allBits
    try place(architecture) { tensors in
      let original = try #require(tensors.first { $0.name == parameter })
      tensors.append((tied, original.shape, original.values))
    }
    #expect(try ModelFiles.load(folder: temporary.path).parameters.allBits == expected)
    try place(architecture) { tensors in
      let index = try #require(tensors.firstIndex { $0.name == parameter })
      tensors[index].name = tied
    }
    #expect(try ModelFiles.load(folder: temporary.path).parameters.allBits == expected)
    try place(architecture) { tensors in
      let original = try #require(tensors.first { $0.name == parameter })
      tensors.append((tied, original.shape, original.values.map { $0 + 1 }))
    }
    expectRefusal(mentioning: "'\(tied)' differs from '\(parameter)'")
  }

  @Test(arguments: [
    ("bert", "bert.embeddings.position_ids"), ("bert", "bert.pooler.dense.weight"),
    ("bert", "cls.seq_relationship.bias"), ("roberta", "roberta.embeddings.token_type_ids"),
    ("distilbert", "distilbert.embeddings.position_ids"),
    ("electra", "discriminator_predictions.dense.weight"),
    ("albert", "sop_classifier.classifier.weight"), ("albert", "albert.pooler.weight"),
    ("mpnet", "mpnet.pooler.dense.weight"),
    ("deberta-v2", "deberta.embeddings.position_embeddings.weight"),
    ("deberta-v2", "mask_predictions.classifier.weight"),
  ])
  func tensorsOfOtherTasksAreNotRead(_ architecture: String, name: String) throws {
    try place(architecture) { $0.append((name, [2], [.nan, 1])) }
    let expected = try ModelFixture(architecture).model().parameters.allBits
    #expect(try ModelFiles.load(folder: temporary.path).parameters.allBits == expected)
  }

  @Test(arguments: ModelFixture.architectures)
  func encoderAloneGetsAFreshHead(_ architecture: String) throws {
    let whole = try ModelFixture(architecture).model()
    let prefix = try #require(Self.prefix(of: whole))
    for isPrefixed in [true, false] {
      try place(architecture) { tensors in
        tensors.removeAll { !$0.name.hasPrefix(prefix) }
        if !isPrefixed {
          for index in tensors.indices { tensors[index].name.removeFirst(prefix.count) }
          tensors.append(("pooler.dense.bias", [1], [0]))
        } else {
          tensors.append(("classifier.weight", [1], [0]))
        }
      }
      expectRefusal(mentioning: "with a masked-language head?")
      let model = ModelRegistry.make(whole.configuration, key: nil)
      let notes = try ModelFiles.loadWeights(
        into: model, folder: temporary.path, completing: RandomKey(seed: 3))
      #expect(notes.count == (isPrefixed ? 2 : 1))
      #expect(notes[0].contains("no masked-language head"))
      if isPrefixed { #expect(notes[1].contains("'classifier.weight' belongs")) }
      let fresh = ModelRegistry.make(whole.configuration, key: RandomKey(seed: 3))
      for (parameter, (old, new)) in zip(
        model.parameters.parameters, zip(whole.parameters.parameters, fresh.parameters.parameters))
      {
        let source = parameter.name.hasPrefix(prefix) ? old : new
        #expect(parameter.elements == source.elements, "\(parameter.name)")
      }
    }
  }

  @Test(arguments: ModelFixture.architectures)
  func encoderWithoutItsPrefixBesideAHeadIsUnderstood(_ architecture: String) throws {
    let whole = try ModelFixture(architecture).model()
    let prefix = try #require(Self.prefix(of: whole))
    try place(architecture) { tensors in
      for index in tensors.indices where tensors[index].name.hasPrefix(prefix) {
        tensors[index].name.removeFirst(prefix.count)
      }
    }
    let loaded = try ModelFiles.load(folder: temporary.path)
    #expect(loaded.parameters.allBits == whole.parameters.allBits)
  }

  @Test func halfAHeadIsRefusedEvenWhereAWholeOneWouldBeMadeUp() throws {
    try place("bert") { tensors in
      tensors.removeAll { $0.name.hasPrefix("cls.predictions.transform.") }
    }
    let model = try ModelFixture("bert").model()
    #expect(throws: ModelError.self) {
      try ModelFiles.loadWeights(
        into: model, folder: temporary.path, completing: RandomKey(seed: 3))
    }
  }

  @Test(arguments: ModelFixture.architectures, [false, true])
  func addedTokensBeginNearTheMeanOfTheOthers(_ architecture: String, repeats: Bool) throws {
    let old = try ModelFixture(architecture).model()
    let words = try #require(Self.wordTable(of: old))
    let decoder = [
      "modernbert": "decoder.weight", "deberta-v2": "cls.predictions.decoder.weight",
      "bert": "cls.predictions.decoder.weight", "distilbert": "vocab_projector.weight",
      "electra": "generator_lm_head.weight", "albert": "predictions.decoder.weight",
    ][architecture, default: "lm_head.decoder.weight"]
    try place(architecture) { tensors in
      let table = try #require(tensors.first { $0.name == words })
      if repeats { tensors.append((decoder, table.shape, table.values)) }
    }
    let (size, width) = (old.configuration.vocabularySize, old.configuration.embeddingSize)
    let larger = try old.configuration.resized(toVocabulary: size + 70)
    let model = ModelRegistry.make(larger, key: nil)
    let notes = try ModelFiles.loadWeights(
      into: model, folder: temporary.path, completing: RandomKey(seed: 3))
    #expect(notes.count == 1)
    #expect(notes.first?.contains("'\(words)' grows from \(size) to \(size + 70) tokens") == true)
    for (parameter, stored) in zip(model.parameters.parameters, old.parameters.parameters) {
      let (found, kept) = (parameter.elements, stored.elements)
      #expect(Array(found.prefix(kept.count)) == kept, "\(parameter.name)")
      guard found.count > kept.count else { continue }
      let added = found[kept.count...]
      guard parameter.name == words else {
        #expect(added.allSatisfy { $0 == 0 } && added.count == 70, "\(parameter.name)")
        continue
      }
      for column in 0..<width {
        let values = stride(from: column, to: kept.count, by: width).map { Double(kept[$0]) }
        let mean = values.reduce(0, +) / Double(size)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
        let drawn = stride(from: column, to: added.count, by: width).map {
          Double(added[added.startIndex + $0]) - mean
        }
        let spread = (drawn.reduce(0) { $0 + $1 * $1 } / 70 / variance).squareRoot()
        // √1e-9, within what 70 draws of float32 numbers near the mean allow.
        #expect(spread > 2.3e-5 && spread < 4.2e-5, "column \(column): \(spread)")
      }
    }
  }

  @Test func addedTokensOfATableWithFewRowsAreTheMean() throws {
    var declarations = ParameterDeclarations()
    let table = declarations.parameter("table", shape: [4, 2], .constant(0))
    let store = ParameterStore(declarations) { _ in 0 }
    for (place, value) in [1, 2, 3, 6].enumerated() { table.changeValues()[place] = Float(value) }
    table.fillAddedRows(from: 2) { UInt64($0) }
    #expect(table.elements == [1, 2, 3, 6, 2, 4, 2, 4])
    #expect(store.parameterCount == 8)
  }

  @Test func aTableOfAnotherSizeThanItsConfigurationSaysIsRefused() throws {
    try place("bert") { $0["vocab_size"] = 66 }
    let stated = try ModelConfiguration(
      JSON.parse(File.read(temporary.path("config.json")), file: "config.json"), file: "config.json"
    )
    let model = ModelRegistry.make(try stated.resized(toVocabulary: 80), key: nil)
    #expect(throws: ModelError.self) {
      try ModelFiles.loadWeights(
        into: model, folder: temporary.path, completing: RandomKey(seed: 3))
    }
  }

  /// How the names of the encoder's parameters begin.
  private static func prefix(of model: any PretrainedModel) -> String? {
    wordTable(of: model).flatMap { $0.split(separator: ".").first }.map { "\($0)." }
  }

  private static func wordTable(of model: any PretrainedModel) -> String? {
    model.parameters.parameters.map(\.name).first { name in
      ["word_embeddings.weight", "tok_embeddings.weight"].contains { name.hasSuffix($0) }
    }
  }

  @Test func missingTensorsAreCounted() throws {
    try place("bert") { tensors in
      tensors.removeAll { $0.name.hasPrefix("cls.predictions.transform.") }
    }
    expectRefusal(
      mentioning: "tensor 'cls.predictions.transform.dense.weight' [24, 24] and 3 more are missing")
  }

  @Test func wrongShapeIsRefused() throws {
    try place("bert") { tensors in
      let index = try #require(tensors.firstIndex { $0.shape == [24, 40] })
      tensors[index].shape = [40, 24]
    }
    expectRefusal(mentioning: "has shape [40, 24], must have [24, 40]")
  }

  @Test func weightsOfALargerModelAreRefused() throws {
    try place("bert") { $0["num_hidden_layers"] = 1 }
    expectRefusal(mentioning: "'bert.encoder.layer.1.attention.output.LayerNorm.bias' and 15 more")
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func numbersThatAreNotFiniteAreRefused(_ value: Float) throws {
    let name = "distilbert.transformer.layer.1.ffn.lin2.weight"
    try place("distilbert") { tensors in
      let index = try #require(tensors.firstIndex { $0.name == name })
      for place in [17, 18, 959] { tensors[index].values[place] = value }
    }
    expectRefusal(
      mentioning: "'\(name)': 3 of 960 numbers are not finite, the first is \(value) at index 17")
  }

  @Test func missingFilesAreNamed() throws {
    #expect(throws: FileError.self) { try ModelFiles.load(folder: temporary.path("nowhere")) }
    try place("bert") { (_: inout JSONObject) in }
    try File.remove(temporary.path("model.safetensors"))
    #expect(throws: FileError.self) { try ModelFiles.load(folder: temporary.path) }
  }

  @Test func dividedModelComesBackBitForBit() throws {
    let model = try ModelFixture("bert").model()
    let folder = temporary.path
    try ModelFiles.save(model, folder: folder, maximumShardBytes: 6_000)
    let many = try Folder.list(folder).filter { $0.hasPrefix("model-") }
    #expect(many.count > 3)
    #expect(!File.exists(folder + "/model.safetensors"))
    #expect(try ModelFiles.load(folder: folder).parameters.allBits == model.parameters.allBits)

    // What is left of the earlier saving would be mistaken for part of the later one.
    try ModelFiles.save(model, folder: folder, maximumShardBytes: 20_000)
    let fewer = try Folder.list(folder).filter { $0.hasPrefix("model-") }
    #expect(!fewer.isEmpty && Set(fewer).isDisjoint(with: many))
    #expect(try ModelFiles.load(folder: folder).parameters.allBits == model.parameters.allBits)
    try ModelFiles.save(model, folder: folder)
    #expect(try Folder.list(folder) == ["config.json", "model.safetensors"])
  }

  @Test func theOnlyFileCountsMoreThanAnIndex() throws {
    try place("bert") { (_: inout JSONObject) in }
    try temporary.write("{}", to: "model.safetensors.index.json")
    let expected = try ModelFixture("bert").model().parameters.allBits
    #expect(try ModelFiles.load(folder: temporary.path).parameters.allBits == expected)
    try File.remove(temporary.path("model.safetensors"))
    #expect(throws: JSONError.self) { try ModelFiles.load(folder: temporary.path) }
  }

  @Test(arguments: [
    ("pytorch_model.bin", "pickle weights are not loaded"), ("model.pt", "can run code"),
    ("tf_model.h5", "these weights are not read"),
  ])
  func otherWeightsAreRefusedWithWhatToDo(name: String, reason: String) throws {
    try place("bert") { (_: inout JSONObject) in }
    try File.rename(temporary.path("model.safetensors"), to: temporary.path(name))
    #expect {
      try ModelFiles.load(folder: temporary.path)
    } throws: { error in
      let text = "\(error)"
      return error is ForeignWeightsError
        && text.hasPrefix(temporary.path(name) + ": ") && text.contains(reason)
        && text.contains("from_pretrained('\(temporary.path)').save_pretrained('converted')")
    }
  }

  /// Puts a fixture's model into the temporary folder, after a change of its tensors.
  private func place(
    _ architecture: String, changing change: (inout [NamedTensor]) throws -> Void
  ) throws {
    try place(architecture) { (_: inout JSONObject) in }
    var tensors: [NamedTensor] = try ModelFixture(architecture).tensors("model")
    try change(&tensors)
    let path = temporary.path("model.safetensors")
    try File.remove(path)
    let values = tensors.flatMap(\.values)
    try values.withUnsafeBufferPointer { values in
      var offset = 0
      let entries = tensors.map { tensor in
        defer { offset += tensor.values.count }
        return SafeTensorsWriter.Entry(
          name: tensor.name, shape: tensor.shape,
          values: UnsafeBufferPointer(rebasing: values[offset..<offset + tensor.values.count]))
      }
      let sink = try DurableWriter(creating: path)
      try SafeTensorsWriter(entries).write(to: sink)
      try sink.commit()
    }
  }

  /// Puts a fixture's model into the temporary folder, after a change of its configuration.
  private func place(
    _ architecture: String, changing change: (inout JSONObject) throws -> Void
  ) throws {
    let folder = try ModelFixture(architecture).folder
    let json = try JSON.parse(File.read(folder + "/config.json"), file: "config.json")
    var object = try #require(json.object)
    try change(&object)
    try temporary.write(JSON.object(object).serialized(), to: "config.json")
    try temporary.write(File.read(folder + "/model.safetensors"), to: "model.safetensors")
  }

  private func expectRefusal(
    mentioning text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(sourceLocation: sourceLocation) {
      try ModelFiles.load(folder: temporary.path)
    } throws: { error in
      guard case ModelError.weights(let file, _)? = error as? ModelError else { return false }
      return file == temporary.path("model.safetensors") && "\(error)".contains(text)
    }
  }
}

extension ParameterStore {
  /// The bits of all parameters in their order.
  var allBits: [UInt32] { parameters.flatMap { $0.elements.map(\.bitPattern) } }
}
