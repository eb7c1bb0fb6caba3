#if _endian(big)
  #error("the numbers of safetensors files are little-endian and are read and written as they lie")
#endif

/// Reads tensors from a safetensors file: the whole header is checked when the file is opened, the data
/// are read straight to where they are wanted.
package final class SafeTensorsReader {
  /// The file's path.
  package let path: String
  /// The tensors in the order of the header.
  package let tensors: [SafeTensor]
  /// The members of `__metadata__`, all of them strings.
  package let metadata: JSONObject
  /// What was accepted although it should not be there, one line each.
  package let notes: [String]

  private let file: InputFile
  private let places: [[UInt8]: Int]

  /// Numbers are widened through a buffer of this many bytes.
  private static let scratchBytes = 1 << 20

  /// Opens a file and checks its header.
  ///
  /// - Throws: `SafeTensorsError`, `JSONError` or `FileError`.
  package init(_ path: String) throws {
    self.path = path
    file = try InputFile(path)
    let header = try SafeTensorsHeader(of: file)
    (tensors, metadata, notes) = (header.tensors, header.metadata, header.notes)
    places = Dictionary(
      uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
  }

  /// The tensor of a name, nil if there is none.
  package subscript(name: String) -> SafeTensor? { self[Array(name.utf8)] }

  /// The tensor of a name given as bytes, nil if there is none.
  package subscript(name: [UInt8]) -> SafeTensor? { places[name].map { tensors[$0] } }

  /// The tensor of a name and of a shape.
  ///
  /// - Throws: `SafeTensorsError` if there is none or its shape is another.
  package func tensor(_ name: String, shape: [Int]) throws -> SafeTensor {
    guard let tensor = self[name] else { throw error(.missingTensor(Array(name.utf8))) }
    guard tensor.shape == shape else {
      throw error(.shape(tensor: tensor.name, expected: shape, found: tensor.shape))
    }
    return tensor
  }

  /// Reads a tensor's numbers as 32-bit floats: F32 as they are, F16 and BF16 exactly, F64 rounded.
  ///
  /// - Parameters:
  ///   - tensor: One of this file's tensors.
  ///   - floats: Where the numbers go, row-major.
  /// - Precondition: `floats.count == tensor.count`.
  /// - Throws: `SafeTensorsError` if the tensor's type is another or a number does not fit; `FileError`.
  package func read(_ tensor: SafeTensor, into floats: UnsafeMutableBufferPointer<Float>) throws {
    precondition(
      floats.count == tensor.count, "\(tensor.count) floats are read into \(floats.count)")
    switch tensor.type {
    case .float32:
      try file.read(into: UnsafeMutableRawBufferPointer(floats), at: tensor.range.lowerBound)
    case .float16:
      try convert(tensor, from: UInt16.self, into: floats) { Float(Float16(bitPattern: $0)) }
    case .bfloat16:
      try convert(tensor, from: UInt16.self, into: floats) { Float(bitPattern: UInt32($0) << 16) }
    case .float64:
      try convert(tensor, from: UInt64.self, into: floats) { bits in
        let value = Double(bitPattern: bits)
        let float = Float(value)
        if float.isInfinite, value.isFinite {
          throw error(.doesNotFit(tensor: tensor.name, value: value))
        }
        return float
      }
    default:
      throw error(
        .wrongType(tensor: tensor.name, expected: "F32, F16, BF16 or F64", found: tensor.type))
    }
  }

  /// Returns a tensor's numbers as 32-bit floats, row-major.
  ///
  /// - Throws: `SafeTensorsError` if the tensor's type is another or a number does not fit; `FileError`.
  package func floats(of tensor: SafeTensor) throws -> [Float] {
    // A file that lies about its sizes was refused when it was opened: this much is there.
    try [Float](unsafeUninitializedCapacity: tensor.count) { buffer, filled in
      try read(tensor, into: UnsafeMutableBufferPointer(rebasing: buffer[..<tensor.count]))
      filled = tensor.count
    }
  }

  private func convert<Bits: FixedWidthInteger>(
    _ tensor: SafeTensor, from type: Bits.Type, into floats: UnsafeMutableBufferPointer<Float>,
    _ body: (Bits) throws -> Float
  ) throws {
    let width = MemoryLayout<Bits>.size
    let scratch = UnsafeMutableBufferPointer<Bits>.allocate(capacity: Self.scratchBytes / width)
    defer { scratch.deallocate() }
    var done = 0
    while done < floats.count {
      let part = UnsafeMutableBufferPointer(
        rebasing: scratch[..<min(scratch.count, floats.count - done)])
      try file.read(
        into: UnsafeMutableRawBufferPointer(part),
        at: tensor.range.lowerBound + UInt64(done * width))
      for index in part.indices { floats[done + index] = try body(Bits(littleEndian: part[index])) }
      done += part.count
    }
  }

  private func error(_ problem: SafeTensorsError.Problem) -> SafeTensorsError {
    SafeTensorsError(file: path, problem: problem)
  }
}
