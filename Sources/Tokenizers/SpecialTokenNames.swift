import Files

/// Which tokens have a special role, where that is not plain from their names.
///
/// A role that is nil goes to the first of the names in use that the vocabulary has: `[MASK]` or
/// `<mask>` and so on.
public struct SpecialTokenNames: Sendable, Equatable {
  /// Stands for text that the vocabulary cannot spell.
  public var unknown: String?
  /// Fills up rows of a padded batch.
  public var padding: String?
  /// Opens a sequence.
  public var classification: String?
  /// Closes a sequence.
  public var separator: String?
  /// Hides a word that is to be predicted.
  public var mask: String?

  /// Names some or none of the roles.
  public init(
    unknown: String? = nil, padding: String? = nil, classification: String? = nil,
    separator: String? = nil, mask: String? = nil
  ) {
    self.unknown = unknown
    self.padding = padding
    self.classification = classification
    self.separator = separator
    self.mask = mask
  }

  /// One of the five roles.
  enum Role: String, CaseIterable {
    case unknown, padding, classification, separator, mask

    /// The names that tokenizers in use have for it.
    var usualNames: [String] {
      switch self {
      case .unknown: ["[UNK]", "<unk>"]
      case .padding: ["[PAD]", "<pad>"]
      case .classification: ["[CLS]", "<s>"]
      case .separator: ["[SEP]", "</s>"]
      case .mask: ["[MASK]", "<mask>"]
      }
    }

    /// The key that tokenizer_config.json has for it.
    var configurationKey: String {
      switch self {
      case .unknown: "unk_token"
      case .padding: "pad_token"
      case .classification: "cls_token"
      case .separator: "sep_token"
      case .mask: "mask_token"
      }
    }
  }

  subscript(_ role: Role) -> String? {
    get {
      switch role {
      case .unknown: unknown
      case .padding: padding
      case .classification: classification
      case .separator: separator
      case .mask: mask
      }
    }
    set {
      switch role {
      case .unknown: unknown = newValue
      case .padding: padding = newValue
      case .classification: classification = newValue
      case .separator: separator = newValue
      case .mask: mask = newValue
      }
    }
  }

  /// Reads a tokenizer_config.json or a special_tokens_map.json.
  ///
  /// - Throws: `JSONError` where a token is neither a string nor an object with `content`.
  init(_ json: JSONCursor) throws {
    for role in Role.allCases {
      guard let value = try json.optionalMember(role.configurationKey) else { continue }
      self[role] = value.value.object == nil ? try value.string() : try value.string("content")
    }
  }

  /// These names, and another's where these have none.
  func filled(from other: SpecialTokenNames) -> SpecialTokenNames {
    var names = self
    for role in Role.allCases { names[role] = self[role] ?? other[role] }
    return names
  }
}
