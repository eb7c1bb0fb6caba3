/// A tensor that a safetensors file describes.
package struct SafeTensor: Equatable, Sendable {
  /// The name's UTF-8 bytes.
  package let name: [UInt8]
  /// How its numbers lie in the file.
  package let type: SafeTensorType
  /// Its dimensions, the slowest first.
  package let shape: [Int]
  /// How many numbers it has.
  package let count: Int
  /// Where its data lies in the file, in bytes from the file's beginning.
  let range: Range<UInt64>

  /// How many bytes its numbers take in the file.
  package var byteCount: UInt64 { UInt64(range.count) }
}

/// The checked header of a safetensors file.
struct SafeTensorsHeader {
  /// What the reference implementation reads at most, in bytes.
  static let lengthLimit: UInt64 = 100_000_000
  static let rankLimit = 16

  private static let fields = ["dtype", "shape", "data_offsets"].map { Array($0.utf8) }

  private(set) var tensors: [SafeTensor] = []
  private(set) var metadata = JSONObject()
  private(set) var notes: [String] = []

  private let file: String
  /// Where the data begins, in bytes from the file's beginning, and where the file ends.
  private let dataRange: Range<UInt64>

  /// Reads and checks the header.
  ///
  /// - Throws: `SafeTensorsError`, `JSONError` or `FileError`.
  init(of input: InputFile) throws {
    file = input.path
    let byteCount = input.byteCount
    guard byteCount >= 8 else {
      throw SafeTensorsError(file: file, problem: .noHeader(byteCount: byteCount))
    }
    var length: UInt64 = 0
    try withUnsafeMutableBytes(of: &length) { try input.read(into: $0, at: 0) }
    length = UInt64(littleEndian: length)
    // As unsigned numbers and without adding: a hostile length overflows a sum.
    let limit = min(byteCount - 8, Self.lengthLimit)
    guard length >= 2, length <= limit else {
      throw SafeTensorsError(file: file, problem: .headerLength(length, limit: limit))
    }
    dataRange = (8 + length)..<byteCount
    let text = try input.read(upTo: Int(length), at: 8)
    guard text.count == Int(length) else {
      throw FileError.endsEarly(path: file, byteCount: 8 + UInt64(text.count), expected: byteCount)
    }
    try readMembers(of: text)
    try checkThatTensorsTileTheData()
  }

  private func error(_ problem: SafeTensorsError.Problem) -> SafeTensorsError {
    SafeTensorsError(file: file, problem: problem)
  }

  private mutating func readMembers(of text: [UInt8]) throws {
    let header: JSON
    do {
      header = try JSON.parse(text, file: "\(file) (header, from byte 8 on)")
    } catch JSONError.duplicateKey(_, _, let key, depth: 1) {
      throw error(.duplicateTensor(key))
    }
    guard let object = header.object else { throw error(.headerIsNoObject) }
    if text.first != UInt8(ascii: "{") { notes.append("\(file): space before the header") }
    tensors.reserveCapacity(object.count)
    for (name, value) in object.members {
      if name.elementsEqual("__metadata__".utf8) {
        metadata = try checkedMetadata(value)
      } else {
        tensors.append(try tensor(name, value))
      }
    }
  }

  private mutating func checkedMetadata(_ value: JSON) throws -> JSONObject {
    if value.isNull {
      notes.append("\(file): '__metadata__' is null")
      return JSONObject()
    }
    guard let object = value.object, object.members.allSatisfy({ $0.value.bytes != nil }) else {
      throw error(.metadata)
    }
    return object
  }

  // MARK: - One tensor

  private mutating func tensor(_ name: [UInt8], _ value: JSON) throws -> SafeTensor {
    guard let fields = value.object else {
      throw error(
        .field("the description", tensor: name, expected: "an object", found: "another value"))
    }
    for (key, _) in fields.members where !Self.fields.contains(key) {
      notes.append(
        "\(file): tensor '\(String(displaying: name))' has an unknown field "
          + "'\(String(displaying: key))'")
    }
    guard let typeName = fields["dtype"]?.bytes else {
      throw error(.field("dtype", tensor: name, expected: "a string", found: "none"))
    }
    guard let type = SafeTensorType(rawValue: String(decoding: typeName, as: UTF8.self)) else {
      throw error(.unknownType(typeName, tensor: name))
    }

    let dimensions = try numbers("shape", of: fields, tensor: name, limit: UInt64(Int.max))
    guard dimensions.count <= Self.rankLimit else {
      throw error(
        .field(
          "shape", tensor: name, expected: "at most \(Self.rankLimit) dimensions",
          found: "\(dimensions.count)"))
    }
    let offsets = try numbers("data_offsets", of: fields, tensor: name, limit: .max)
    let dataCount = UInt64(dataRange.count)
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= dataCount else {
      throw error(
        .field(
          "data_offsets", tensor: name, expected: "two ascending offsets up to \(dataCount)",
          found: "[" + offsets.prefix(3).map(String.init).joined(separator: ", ") + "]"))
    }

    // Zeroes count as ones at first, so that no product wraps around behind them unseen.
    var count: UInt64 = 1
    for factor in dimensions.map({ max($0, 1) }) + [UInt64(type.byteCount)] {
      let (product, overflow) = count.multipliedReportingOverflow(by: factor)
      guard !overflow, product <= UInt64(Int.max) else {
        throw error(.tooManyElements(tensor: name))
      }
      count = product
    }
    if dimensions.contains(0) { count = 0 }
    guard offsets[1] - offsets[0] == count else {
      throw error(.dataSize(tensor: name, expected: count, found: offsets[1] - offsets[0]))
    }
    return SafeTensor(
      name: name, type: type, shape: dimensions.map(Int.init), count: Int(count) / type.byteCount,
      range: (dataRange.lowerBound + offsets[0])..<(dataRange.lowerBound + offsets[1]))
  }

  private func numbers(
    _ field: String, of fields: JSONObject, tensor: [UInt8], limit: UInt64
  ) throws -> [UInt64] {
    guard let elements = fields[field]?.array else {
      throw error(.field(field, tensor: tensor, expected: "an array of numbers", found: "none"))
    }
    return try elements.map { element in
      guard case .number(let text) = element, let number = UInt64(text), number <= limit else {
        throw error(
          .field(
            field, tensor: tensor, expected: "whole numbers from 0 to \(limit)",
            found: String(displaying: element.serialized())))
      }
      return number
    }
  }

  // MARK: - All tensors

  private func checkThatTensorsTileTheData() throws {
    let ordered = tensors.indices.sorted {
      let (left, right) = (tensors[$0].range, tensors[$1].range)
      return (left.lowerBound, left.upperBound, $0) < (right.lowerBound, right.upperBound, $1)
    }
    var end = dataRange.lowerBound
    var last: [UInt8]?
    for index in ordered {
      let (name, range) = (tensors[index].name, tensors[index].range)
      if range.lowerBound < end, let last { throw error(.overlap(last, name)) }
      if range.lowerBound > end {
        throw error(
          .hole(
            before: name, from: end - dataRange.lowerBound,
            to: range.lowerBound - dataRange.lowerBound))
      }
      end = range.upperBound
      last = name
    }
    guard end == dataRange.upperBound else {
      throw error(
        .dataLength(
          expected: end - dataRange.lowerBound, found: UInt64(dataRange.count)))
    }
  }
}
