/// The letters that stand for bytes in byte-level vocabularies: printable ones for themselves, others for
/// the rest.
///
/// Source: `tokenizers.pre_tokenizers.ByteLevel.alphabet`, OpenAI's `bytes_to_unicode`.
struct ByteAlphabet: Sendable {
  static let shared = ByteAlphabet()

  /// The letter of each byte.
  let scalars: [UInt32]
  private let bytes: [UInt32: UInt8]

  private init() {
    var scalars: [UInt32] = []
    var next: UInt32 = 0x100
    for byte in UInt32(0)..<256 {
      let isItself =
        (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
      scalars.append(isItself ? byte : next)
      if !isItself { next += 1 }
    }
    self.scalars = scalars
    bytes = Dictionary(uniqueKeysWithValues: scalars.enumerated().map { ($1, UInt8($0)) })
  }

  /// The letter of a space.
  var space: UInt32 { scalars[0x20] }

  /// The byte that a letter stands for.
  func byte(of scalar: UInt32) -> UInt8? { bytes[scalar] }

  /// Appends the letters of a scalar's UTF-8 form; all come from where it comes from.
  func append(_ scalar: UInt32, _ source: Int32, to text: inout NormalizedText) {
    guard scalar >= 0x80 else { return text.append(scalars[Int(scalar)], source) }
    var encoded: [UInt8] = []
    UTF8Decoder.encode(scalar, into: &encoded)
    for byte in encoded { text.append(scalars[Int(byte)], source) }
  }
}
