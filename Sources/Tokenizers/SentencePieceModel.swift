import Files

/// What a SentencePiece model file holds.
///
/// Source: sentencepiece_model.proto.
struct SentencePieceModel {
  /// What a piece is for.
  enum Kind: Int {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  struct Entry {
    var bytes: [UInt8] = []
    var score = 0.0
    var kind = Kind.normal
  }

  private(set) var pieces: [Entry] = []
  /// 1 for unigram, 2 for pairs.
  private(set) var modelType = 1
  private(set) var fallsBackToBytes = false
  private(set) var charsmap: [UInt8] = []
  private(set) var addsDummyPrefix = true
  private(set) var removesExtraSpaces = true

  /// Reads a file.
  ///
  /// - Throws: `TokenizerError.contradiction` if the bytes are no such file, or a score is not finite.
  init(_ bytes: [UInt8], file: String) throws {
    var message = ProtocolBufferReader(bytes[...], file: file)
    while let field = try message.next() {
      switch field.number {
      case 1: pieces.append(try Self.entry(field, file: file, index: pieces.count))
      case 2:
        var trainer = try field.message(file: file)
        while let field = try trainer.next() {
          if field.number == 3 { modelType = field.int }
          if field.number == 35 { fallsBackToBytes = field.int != 0 }
        }
      case 3:
        var normalizer = try field.message(file: file)
        while let field = try normalizer.next() {
          if field.number == 2 { charsmap = Array(field.bytes) }
          if field.number == 3 { addsDummyPrefix = field.int != 0 }
          if field.number == 4 { removesExtraSpaces = field.int != 0 }
        }
      default: break
      }
    }
    guard !pieces.isEmpty else {
      throw ProtocolBufferReader.error(file, "it has no pieces", at: 0)
    }
    guard modelType == 1 || modelType == 2 else {
      throw TokenizerError.unsupported(
        file: file, path: "trainer_spec.model_type", found: "\(modelType)",
        supported: ["1 (unigram)", "2 (BPE)"])
    }
  }

  private static func entry(
    _ field: ProtocolBufferReader.Field, file: String, index: Int
  ) throws -> Entry {
    var entry = Entry()
    var message = try field.message(file: file)
    while let field = try message.next() {
      switch field.number {
      case 1: entry.bytes = Array(field.bytes)
      case 2: entry.score = Double(Float(bitPattern: UInt32(truncatingIfNeeded: field.int)))
      case 3: entry.kind = Kind(rawValue: field.int) ?? .normal
      default: break
      }
    }
    guard entry.score.isFinite else {
      throw TokenizerError.contradiction(
        file: file, path: "pieces[\(index)].score", problem: "it is \(entry.score)",
        expected: "a finite number")
    }
    guard (1...WordPiece.longestPiece).contains(entry.bytes.count), UTF8Decoder.isValid(entry.bytes)
    else {
      throw TokenizerError.contradiction(
        file: file, path: "pieces[\(index)].piece", problem: "it has \(entry.bytes.count) bytes",
        expected: "1 to \(WordPiece.longestPiece) bytes of UTF-8")
    }
    return entry
  }
}

/// Reads the fields of a protocol buffer's message.
struct ProtocolBufferReader {
  /// A field: a number or bytes.
  struct Field {
    let number: Int
    /// The value of a number, the bits of a fraction; 0 for bytes.
    var int = 0
    var bytes: ArraySlice<UInt8> = []
    var isBytes = false

    /// The field as a message of its own.
    ///
    /// - Throws: `TokenizerError.contradiction` if it is a number.
    func message(file: String) throws -> ProtocolBufferReader {
      guard isBytes else {
        throw ProtocolBufferReader.error(file, "field \(number) is a number", at: bytes.startIndex)
      }
      return ProtocolBufferReader(bytes, file: file)
    }
  }

  private let file: String
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>, file: String) {
    (rest, self.file) = (bytes, file)
  }

  /// The next field, nil behind the last.
  ///
  /// - Throws: `TokenizerError.contradiction` if the bytes are cut short or no message.
  mutating func next() throws -> Field? {
    guard !rest.isEmpty else { return nil }
    let key = try varint()
    var field = Field(number: key >> 3)
    switch key & 7 {
    case 0: field.int = try varint()
    case 1: field.int = Int(truncatingIfNeeded: fixed(try take(8)))
    case 2:
      field.bytes = try take(try varint())
      field.isBytes = true
    case 5: field.int = Int(truncatingIfNeeded: fixed(try take(4)))
    default: throw Self.error(file, "a field has the unknown form \(key & 7)", at: rest.startIndex)
    }
    return field
  }

  private func fixed(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else {
      throw Self.error(file, "it is cut short", at: rest.startIndex)
    }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func varint() throws -> Int {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard let byte = rest.popFirst() else { break }
      if shift < 64 { value |= UInt64(byte & 127) << UInt64(shift) }
      if byte < 128 { return Int(truncatingIfNeeded: value) }
    }
    throw Self.error(file, "it is cut short", at: rest.startIndex)
  }

  static func error(_ file: String, _ problem: String, at offset: Int) -> TokenizerError {
    .contradiction(
      file: file, path: "byte \(offset)", problem: problem, expected: "a SentencePiece model")
  }
}
