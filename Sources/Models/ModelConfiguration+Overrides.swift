package import Files

extension ModelConfiguration {
  /// The option that changes settings, and what stands for a file in its errors.
  package static let overridesOption = "--config-overrides"

  /// The same configuration with some settings changed.
  ///
  /// Source: `transformers.PreTrainedConfig.update_from_string`.
  ///
  /// - Parameter text: `key=value,…` with the keys of config.json.
  /// - Returns: The changed configuration.
  /// - Throws: `ModelError` for a key that the architecture does not have, or a value that cannot be
  ///   honoured.
  public func overridden(by text: String) throws -> ModelConfiguration {
    try changing(file: Self.overridesOption) { try override(by: text, in: &$0) }
  }

  private func override(by text: String, in members: inout JSONObject) throws {
    var seen: Set<[UInt8]> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
        throw Self.wrong(part, "is not of the form key=value")
      }
      let key = String(sides[0])
      guard seen.insert(Array(key.utf8)).inserted else { throw Self.wrong(key, "appears twice") }
      guard key != "model_type", key != "architectures" else {
        throw Self.wrong(key, "cannot be changed: choose the architecture with --model")
      }
      guard members[key] != nil || settingNames.contains(key) else {
        let known = Set(members.members.map { String(decoding: $0.key, as: UTF8.self) })
          .union(settingNames).subtracting(["model_type", "architectures"])
        throw Self.wrong(
          key, "\(type) has no such setting: use one of \(known.sorted().joined(separator: ", "))")
      }
      members[key] = try Self.value(String(sides[1]), of: key, replacing: members[key])
    }
  }

  /// The keys that `key=value,…` changes.
  package static func keys(inOverrides text: String) -> Set<String> {
    Set(text.split(separator: ",").map { String($0.prefix { $0 != "=" }) })
  }

  /// The same configuration with room for more tokens than stored weights have.
  ///
  /// - Throws: `ModelError` if no model can have so many.
  package func resized(toVocabulary count: Int) throws -> ModelConfiguration {
    try changing(file: "config.json") { $0["vocab_size"] = JSON(count) }
  }

  /// The same configuration for a tokenizer's special tokens, for weights that begin with it.
  ///
  /// Members that config.json lacks are added where Transformers would take another token for granted.
  ///
  /// - Parameters:
  ///   - padding: The token that pads; architectures that know one only keep theirs.
  ///   - classification: The token that opens a sequence.
  ///   - separator: The token that closes a sequence.
  ///   - mask: The token that hides a word.
  ///   - keys: Of settings that `--config-overrides` asks for, which stay.
  /// - Returns: The changed configuration.
  /// - Throws: `ModelError` for a token that the model has not.
  package func withSpecialTokens(
    padding: Int, classification: Int, separator: Int, mask: Int, keeping keys: Set<String>
  ) throws -> ModelConfiguration {
    let names = ModelRegistry.architecture(of: type)?.keys ?? .bert
    let wanted = [
      ("pad_token_id", padding), ("bos_token_id", classification), ("cls_token_id", classification),
      ("eos_token_id", separator), ("sep_token_id", separator), ("mask_token_id", mask),
    ]
    return try changing(file: "config.json") { members in
      for (key, id) in wanted where !keys.contains(key) {
        let isPadding = key == "pad_token_id"
        if isPadding, names.hasFixedPadding || id == paddingID { continue }
        // Architectures whose padding is not token 0 have other tokens for granted as well.
        let isImplied = names.paddingID != 0 && (key == "bos_token_id" || key == "eos_token_id")
        guard isPadding || isImplied || members[key]?.int != nil else { continue }
        members[key] = JSON(id)
      }
    }
  }

  /// The same configuration with other members of config.json, for the same stored weights.
  ///
  /// - Parameters:
  ///   - file: The name of what they come from, for errors.
  ///   - change: Changes the members.
  /// - Returns: The changed configuration.
  /// - Throws: `ModelError` for a value that cannot be honoured; what `change` throws.
  package func changing(
    file: String, _ change: (inout JSONObject) throws -> Void
  ) throws -> ModelConfiguration {
    var members = json.object ?? JSONObject()
    try change(&members)
    var changed = try ModelConfiguration(.object(members), file: file)
    changed.storedVocabularySize = storedVocabularySize
    return changed
  }

  /// What a text stands for: numbers and truth values for themselves, anything else for text.
  private static func value(
    _ text: String, of key: String, replacing old: JSON?
  ) throws -> JSON {
    let truths = ["True": true, "False": false]
    let parsed =
      truths[text].map { JSON($0) } ?? (try? JSON.parse(Array(text.utf8), file: overridesOption))
    let found =
      switch parsed {
      case .number?, .bool?, .null?: parsed ?? .null
      default: JSON(text)
      }
    guard let old, let wanted = kind(of: old), let kind = kind(of: found), kind != wanted else {
      return found
    }
    throw ModelError.setting(
      file: overridesOption, key: key, found: String(displaying: text.utf8), wanted: wanted)
  }

  /// What kind of value it is; nil for none.
  private static func kind(of value: JSON) -> String? {
    switch value {
    case .null: nil
    case .bool: "true or false"
    case .number: "a number"
    case .string: "text"
    case .array, .object: "what only config.json can say"
    }
  }

  private static func wrong(_ part: some StringProtocol, _ problem: String) -> ModelError {
    .override(String(displaying: part.utf8), problem: problem)
  }
}
