/// Reads tensors that lie in one safetensors file, or in several that an index names.
///
/// All headers are checked when the files are opened, and that they hold exactly what the index says;
/// numbers are read straight to where they are wanted.
package final class SafeTensorsShards {
  /// The path of the only file or of the index.
  package let path: String
  /// All tensors, file by file.
  package let tensors: [SafeTensor]

  private let readers: [SafeTensorsReader]
  private let places: [[UInt8]: (reader: Int, tensor: Int)]

  /// Opens a file that holds all tensors.
  ///
  /// - Throws: `SafeTensorsError`, `JSONError` or `FileError`.
  package convenience init(file: String) throws {
    self.init(file, [try SafeTensorsReader(file)])
  }

  /// Opens the files that an index names, all of them in the folder of the index.
  ///
  /// - Throws: `SafeTensorsIndexError`, `SafeTensorsError`, `JSONError` or `FileError`.
  package convenience init(index path: String) throws {
    let index = try SafeTensorsIndex(path)
    let folder = Folder.parent(of: path)
    let missing = index.files.filter { !File.exists("\(folder)/\($0)") }
    if let first = missing.first {
      throw SafeTensorsIndexError(
        index: path,
        problem: .missingFile(
          first, missingCount: missing.count, fileCount: index.files.count))
    }
    let readers = try index.files.map { try SafeTensorsReader("\(folder)/\($0)") }
    for (number, reader) in readers.enumerated() {
      for tensor in reader.tensors where index.places[tensor.name] != number {
        throw SafeTensorsIndexError(
          index: path,
          problem: .strayTensor(
            tensor.name, file: index.files[number],
            expected: index.places[tensor.name].map { index.files[$0] }))
      }
    }
    for name in index.names {
      guard let number = index.places[name], readers[number][name] == nil else { continue }
      throw SafeTensorsIndexError(
        index: path, problem: .missingTensor(name, file: index.files[number]))
    }
    self.init(path, readers)
    let found = tensors.reduce(UInt64(0)) { $0 + $1.byteCount }
    if let expected = index.totalBytes, expected != found {
      throw SafeTensorsIndexError(index: path, problem: .totalSize(found, expected: expected))
    }
  }

  /// The most bytes that an index may have.
  package static let indexByteLimit = SafeTensorsIndex.byteLimit

  /// The names of the files that an index names, in the order of their bytes; none of them is opened.
  ///
  /// - Throws: `SafeTensorsIndexError`, `JSONError` or `FileError`.
  package static func files(ofIndex path: String) throws -> [String] {
    try SafeTensorsIndex(path).files
  }

  private init(_ path: String, _ readers: [SafeTensorsReader]) {
    self.path = path
    self.readers = readers
    tensors = readers.flatMap(\.tensors)
    var places: [[UInt8]: (reader: Int, tensor: Int)] = [:]
    places.reserveCapacity(tensors.count)
    var place = 0
    for (number, reader) in readers.enumerated() {
      for tensor in reader.tensors {
        places[tensor.name] = (number, place)
        place += 1
      }
    }
    self.places = places
  }

  /// The tensor of a name, nil if there is none.
  package subscript(name: String) -> SafeTensor? {
    places[Array(name.utf8)].map { tensors[$0.tensor] }
  }

  /// The path of the file that a tensor lies in.
  package func file(of tensor: SafeTensor) -> String { reader(of: tensor).path }

  /// Reads a tensor's numbers as 32-bit floats, as `SafeTensorsReader` does.
  ///
  /// - Precondition: The tensor is one of these files', and `floats.count == tensor.count`.
  /// - Throws: `SafeTensorsError` if the tensor's type is another or a number does not fit; `FileError`.
  package func read(_ tensor: SafeTensor, into floats: UnsafeMutableBufferPointer<Float>) throws {
    try reader(of: tensor).read(tensor, into: floats)
  }

  /// Returns a tensor's numbers as 32-bit floats, row-major.
  ///
  /// - Precondition: The tensor is one of these files'.
  /// - Throws: `SafeTensorsError` if the tensor's type is another or a number does not fit; `FileError`.
  package func floats(of tensor: SafeTensor) throws -> [Float] {
    try reader(of: tensor).floats(of: tensor)
  }

  private func reader(of tensor: SafeTensor) -> SafeTensorsReader {
    guard let place = places[tensor.name] else {
      preconditionFailure("\(path) has no tensor '\(String(displaying: tensor.name))'")
    }
    return readers[place.reader]
  }
}
