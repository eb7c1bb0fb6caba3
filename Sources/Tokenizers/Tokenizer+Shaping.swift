public import Tokens

extension Tokenizer {
  /// How the file wants texts cut; `nil` if it says nothing.
  public var truncation: Truncation? { file.truncation }

  /// How the file wants encodings filled up; `nil` if it says nothing.
  public var padding: Padding? { file.padding }

  /// What stands for text that cannot be spelt.
  public var unknownToken: TokenID? { file.model.unknown }

  /// Encodes one text or two, cut and filled up.
  ///
  /// - Parameters:
  ///   - first: The first text in UTF-8.
  ///   - second: The second one, if there is one.
  ///   - truncation: How it is cut; nil leaves all tokens.
  ///   - padding: How it is filled up; nil leaves it as it is.
  ///   - addSpecialTokens: Whether the tokens that the model wants around texts are added.
  /// - Returns: The encoding, and behind it those of the parts that were cut off, each with special tokens
  ///   of its own.
  /// - Throws: `TokenizerError.cannotCut` if the length leaves no room.
  public func encode(
    _ first: [UInt8], pairedWith second: [UInt8]? = nil, truncation: Truncation?, padding: Padding?,
    addSpecialTokens: Bool = true
  ) throws -> [ShapedEncoding] {
    var texts = [[pieces(of: first)]]
    if let second { texts.append([pieces(of: second)]) }
    if let truncation {
      let template = addSpecialTokens ? template(forCount: texts.count) : []
      let room = truncation.maximumLength - TemplateProcessing.specialCount(of: template)
      texts = try TextCutter(truncation, room: room).cut(texts.map { $0[0] })
    }
    var encodings: [Encoding] = []
    func add(_ parts: [[Piece]]) {
      encodings.append(encoding(of: parts, addSpecialTokens: addSpecialTokens))
    }
    add(texts.map { $0[0] })
    guard texts.count > 1 else {
      for part in texts[0].dropFirst() { add([part]) }
      return pad(encodings, padding)
    }
    // Every part of one text stands beside every part of the other.
    for part in texts[0].dropFirst() {
      for other in texts[1] { add([part, other]) }
    }
    for other in texts[1].dropFirst() { add([texts[0][0], other]) }
    return pad(encodings, padding)
  }

  private func pad(_ encodings: [Encoding], _ padding: Padding?) -> [ShapedEncoding] {
    guard let padding else {
      return encodings.map {
        ShapedEncoding(
          encoding: $0, attentionMask: Array(repeating: 1, count: $0.ids.count))
      }
    }
    var length = padding.length ?? encodings.first?.ids.count ?? 0
    if let multiple = padding.multiple, multiple > 0 {
      length = (length + multiple - 1) / multiple * multiple
    }
    return encodings.map { encoding in
      let count = max(0, length - encoding.ids.count)
      func fill<Element>(_ elements: [Element], _ value: Element) -> [Element] {
        let filling = Array(repeating: value, count: count)
        return padding.fillsLeft ? filling + elements : elements + filling
      }
      return ShapedEncoding(
        encoding: Encoding(
          ids: fill(encoding.ids, padding.id), offsets: fill(encoding.offsets, 0..<0),
          specialTokensMask: fill(encoding.specialTokensMask, 1),
          typeIDs: fill(encoding.typeIDs, padding.typeID)),
        attentionMask: fill(Array(repeating: 1, count: encoding.ids.count), 0))
    }
  }

  func template(forCount count: Int) -> [TemplateProcessing.Element] {
    count == 1 ? file.postProcessor.single : file.postProcessor.pair
  }

  /// Puts texts together, with the special tokens around them.
  func encoding(of texts: [[Piece]], addSpecialTokens: Bool) -> Encoding {
    var encoding = Encoding(ids: [], offsets: [], specialTokensMask: [], typeIDs: [])
    func append(_ id: TokenID, _ range: Range<Int>, isAdded: Bool, _ typeID: TokenID) {
      encoding.ids.append(id)
      encoding.offsets.append(range)
      encoding.specialTokensMask.append(isAdded ? 1 : 0)
      encoding.typeIDs.append(typeID)
    }
    for element in template(forCount: texts.count) {
      switch element {
      case .special(let special, let typeID):
        guard addSpecialTokens else { continue }
        for id in special.ids { append(id, 0..<0, isAdded: true, typeID) }
      case .text(let isSecond, let typeID):
        for (index, piece) in texts[isSecond ? 1 : 0].enumerated() {
          append(
            piece.id, trimmed(piece, isFirst: index == 0), isAdded: false, typeID)
        }
      }
    }
    return encoding
  }

  /// A token's place without the spaces that the post-processor takes off.
  private func trimmed(_ piece: Piece, isFirst: Bool) -> Range<Int> {
    var range = piece.range
    for trimming in file.postProcessor.trimming {
      range = trimming.trimmed(range, of: spelling(of: piece), isFirst: isFirst)
    }
    return range
  }

  /// A token as it was found: those that swallow spaces have them.
  private func spelling(of piece: Piece) -> [UInt8] {
    let token = token(of: piece.id) ?? []
    guard let added = addedToken(piece.id), added.stripsLeft || added.stripsRight else {
      return token
    }
    let scalars = UTF8Decoder.scalars(of: token)
    let swallowed = [UInt8](repeating: 0x20, count: max(0, piece.range.count - scalars.count))
    if added.stripsLeft, added.stripsRight { return token }
    return added.stripsLeft ? swallowed + token : token + swallowed
  }
}
