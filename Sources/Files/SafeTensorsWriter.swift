/// Writes 32-bit float tensors as a safetensors file, straight from where they lie.
///
/// The bytes depend on names, shapes, numbers and metadata only and are those that the reference
/// implementation writes: tensors lie in the order of their names' bytes.
package struct SafeTensorsWriter {
  /// A tensor to write.
  package struct Entry {
    /// The name's UTF-8 bytes.
    package let name: [UInt8]
    /// Its dimensions, the slowest first.
    package let shape: [Int]
    /// Its numbers, row-major; they must stay valid until the file is written.
    package let values: UnsafeBufferPointer<Float>

    /// Describes a tensor.
    ///
    /// - Precondition: There are as many values as the shape asks for.
    package init(name: String, shape: [Int], values: UnsafeBufferPointer<Float>) {
      let count = shape.reduce(1, *)
      precondition(
        count == values.count,
        "\(name): the shape \(shape) needs \(count) values, not \(values.count)")
      self.name = Array(name.utf8)
      self.shape = shape
      self.values = values
    }
  }

  private let entries: [Entry]
  private let header: [UInt8]

  /// Prepares a file.
  ///
  /// - Parameters:
  ///   - entries: The tensors, in any order.
  ///   - metadata: What else the file says, in this order; Transformers needs `format`.
  ///   - file: The name that errors give to the file.
  /// - Throws: `SafeTensorsError` if a name is forbidden or appears twice, or the header is too long.
  package init(
    _ entries: [Entry], metadata: [(String, String)] = [("format", "pt")],
    file: String = "model.safetensors"
  ) throws {
    self.entries = entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    var members = JSONObject()
    members["__metadata__"] = .object(JSONObject(metadata.map { ($0, JSON($1)) }))
    var offset = 0
    for entry in self.entries {
      let end = offset + entry.values.count * MemoryLayout<Float>.size
      let fields: JSON = [
        "dtype": "F32", "shape": JSON(entry.shape.map { JSON($0) }),
        "data_offsets": [JSON(offset), JSON(end)],
      ]
      guard !entry.name.elementsEqual("__metadata__".utf8) else {
        throw SafeTensorsError(file: file, problem: .forbiddenName(entry.name))
      }
      guard members.insert(entry.name, fields) else {
        throw SafeTensorsError(file: file, problem: .duplicateTensor(entry.name))
      }
      offset = end
    }
    var text = JSON.object(members).serialized()
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    guard text.count <= SafeTensorsHeader.lengthLimit else {
      throw SafeTensorsError(
        file: file,
        problem: .headerLength(UInt64(text.count), limit: SafeTensorsHeader.lengthLimit))
    }
    header = withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }

  /// The size of the file in bytes.
  package var byteCount: UInt64 {
    entries.reduce(UInt64(header.count)) { $0 + UInt64($1.values.count * MemoryLayout<Float>.size) }
  }

  /// Writes the whole file; nothing is copied.
  ///
  /// - Throws: What the sink throws.
  package func write(to sink: any ByteSink) throws {
    try sink.write(header)
    for entry in entries { try sink.write(UnsafeRawBufferPointer(entry.values)) }
  }
}
