import Files

/// Which files of a model are wanted.
package struct HubNeeds: OptionSet, Sendable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  /// config.json.
  package static let configuration = HubNeeds(rawValue: 1)
  /// The parameters.
  package static let weights = HubNeeds(rawValue: 2)
  /// What makes tokens.
  package static let tokenizer = HubNeeds(rawValue: 4)
  /// Everything that a finished model consists of.
  package static let all: HubNeeds = [.configuration, .weights, .tokenizer]
}

/// The names of files that are ever taken from a hub; whatever else it has is left there.
enum HubFiles {
  static let configuration = "config.json"
  static let weights = SafeTensorsShardPlan.singleName
  static let weightsIndex = SafeTensorsShardPlan.indexName

  /// What may stand beside a tokenizer and say more about it.
  private static let besideTokenizer = [
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
  ]
  /// What a tokenizer can be in: each of these sets is enough.
  private static let tokenizers = [
    ["tokenizer.json"], ["vocab.txt"], ["vocab.json", "merges.txt"], ["spiece.model"],
    ["sentencepiece.bpe.model"],
  ]

  /// What is missing among the files of a folder; nil if nothing is.
  static func missing(_ needs: HubNeeds, in folder: String) throws -> String? {
    let isThere: (String) -> Bool = { File.exists("\(folder)/\($0)") }
    if needs.contains(.configuration), !isThere(configuration) { return configuration }
    if needs.contains(.weights), !isThere(weights) {
      guard isThere(weightsIndex) else { return weights }
      if let shard = try SafeTensorsShards.files(
        ofIndex: "\(folder)/\(weightsIndex)"
      ).first(where: { !isThere($0) }) {
        return shard
      }
    }
    if needs.contains(.tokenizer), !tokenizers.contains(where: { $0.allSatisfy(isThere) }) {
      return "tokenizer.json"
    }
    return nil
  }

  /// The needed files that a folder has, small ones first.
  static func present(_ needs: HubNeeds, in folder: String) throws -> [String] {
    var names: [String] = []
    if needs.contains(.tokenizer) { names += besideTokenizer + tokenizers.flatMap(\.self) }
    if needs.contains(.configuration) { names.append(configuration) }
    if needs.contains(.weights) {
      let index = "\(folder)/\(weightsIndex)"
      let isWhole = File.exists("\(folder)/\(weights)")
      names +=
        isWhole ? [weights] : try [weightsIndex] + SafeTensorsShards.files(ofIndex: index)
    }
    return names.filter { File.exists("\(folder)/\($0)") }
  }

  /// The names to download of those that the hub lists, small ones first; weights in several files are
  /// known only when their index is there.
  ///
  /// - Throws: `HubError.missingFile`, or `ForeignWeightsError` if the weights are in a form that is
  ///   never loaded.
  static func names(for needs: HubNeeds, in listed: [String], of model: HubName) throws -> [String]
  {
    var wanted: [String] = []
    func require(_ name: String) throws {
      guard listed.contains(name) else {
        throw HubError.missingFile(model: model.text, file: name)
      }
      wanted.append(name)
    }
    if needs.contains(.tokenizer) {
      wanted += besideTokenizer.filter(listed.contains)
      let parts = tokenizers.filter { $0.allSatisfy(listed.contains) }.flatMap(\.self)
      if parts.isEmpty { try require("tokenizer.json") }
      wanted += parts
    }
    if needs.contains(.configuration) { try require(configuration) }
    if needs.contains(.weights) {
      if listed.contains(weightsIndex), !listed.contains(weights) {
        wanted.append(weightsIndex)
      } else if !listed.contains(weights),
        let foreign = ForeignWeightsError.first(
          among: listed.filter { !$0.contains("/") })
      {
        throw ForeignWeightsError(file: "\(model)/\(foreign)", model: model.text)
      } else {
        try require(weights)
      }
    }
    return wanted
  }

  /// Whether a file's name in a repository can lead to no other place than one below its folder.
  static func isHarmless(_ name: [UInt8]) -> Bool {
    name.count <= 1_024 && !name.isEmpty
      && name.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
      && name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .allSatisfy { part in
          !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
        }
      && !(name.count >= 2 && name[1] == UInt8(ascii: ":"))
  }

  /// The most bytes that a file may have; nil for weights, which may be of any size.
  static func limit(of name: String) -> UInt64? {
    if name.utf8.reversed().starts(with: ".safetensors".utf8.reversed()) { return nil }
    return name == weightsIndex ? UInt64(SafeTensorsShards.indexByteLimit) : 256 << 20
  }
}
