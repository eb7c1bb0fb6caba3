package import Diagnostics

/// What is wrong with a safetensors file.
package struct SafeTensorsError: Diagnostic, Equatable {
  /// The rule that the file breaks; names of tensors are UTF-8 bytes.
  package enum Problem: Equatable, Sendable {
    /// The file is shorter than the eight bytes that say how long its header is.
    case noHeader(byteCount: UInt64)
    /// The header would reach beyond the end of the file, or is empty or longer than is read.
    case headerLength(UInt64, limit: UInt64)
    /// The header is no object.
    case headerIsNoObject
    /// `__metadata__` is no object of strings.
    case metadata
    /// A name appears twice.
    case duplicateTensor([UInt8])
    /// A field of a tensor is missing or has a wrong value.
    case field(String, tensor: [UInt8], expected: String, found: String)
    /// A tensor's numbers are of a kind that is not read.
    case unknownType([UInt8], tensor: [UInt8])
    /// The product of a tensor's dimensions does not fit 64 bits.
    case tooManyElements(tensor: [UInt8])
    /// A tensor's data has another size than its shape and type ask for.
    case dataSize(tensor: [UInt8], expected: UInt64, found: UInt64)
    /// Two tensors claim the same bytes.
    case overlap([UInt8], [UInt8])
    /// Bytes before a tensor belong to none.
    case hole(before: [UInt8], from: UInt64, to: UInt64)
    /// The data ends before or after the last tensor's.
    case dataLength(expected: UInt64, found: UInt64)
    /// A tensor that is needed is not there.
    case missingTensor([UInt8])
    /// A tensor has another shape than is needed.
    case shape(tensor: [UInt8], expected: [Int], found: [Int])
    /// A tensor's numbers cannot be read as what is asked for.
    case wrongType(tensor: [UInt8], expected: String, found: SafeTensorType)
    /// A number is too large for F32.
    case doesNotFit(tensor: [UInt8], value: Double)
    /// A tensor that is to be written has a name that the format forbids.
    case forbiddenName([UInt8])
  }

  /// The file's path.
  package let file: String
  /// What is wrong.
  package let problem: Problem

  package init(file: String, problem: Problem) { (self.file, self.problem) = (file, problem) }

  package var exitCode: ExitCode { .data }

  package var description: String {
    let file = String(displaying: file.utf8, limit: 4096)
    return "\(file): \(rule): download or export the file again"
  }

  private var rule: String {
    switch problem {
    case .noHeader(let byteCount):
      "no safetensors file: expected at least 8 bytes, found \(byteCount)"
    case .headerLength(let length, let limit):
      "the header's length at byte 0 is wrong: expected 2 to \(limit) bytes, found \(length)"
    case .headerIsNoObject: "the header is wrong: expected a JSON object, found another value"
    case .metadata: "'__metadata__' is wrong: expected an object of strings"
    case .duplicateTensor(let name): "duplicate tensor name: \(shown(name)) appears twice"
    case .field(let field, let tensor, let expected, let found):
      "\(field) of tensor \(shown(tensor)) is wrong: expected \(expected), found \(found)"
    case .unknownType(let type, let tensor):
      "the type of tensor \(shown(tensor)) is not known: expected one of "
        + SafeTensorType.allCases.map(\.rawValue).joined(separator: ", ")
        + ", found \(shown(type))"
    case .tooManyElements(let tensor):
      "the shape of tensor \(shown(tensor)) is wrong: it has more elements than 64 bits count"
    case .dataSize(let tensor, let expected, let found):
      "the data of tensor \(shown(tensor)) does not fit its shape: expected \(expected) bytes, "
        + "found \(found)"
    case .overlap(let first, let second):
      "two tensors claim the same bytes: \(shown(first)) and \(shown(second))"
    case .hole(let name, let from, let to):
      "data bytes \(from) to \(to) belong to no tensor: expected \(shown(name)) to start at \(from)"
    case .dataLength(let expected, let found):
      "the data's length is wrong: expected \(expected) bytes, found \(found)"
    case .missingTensor(let name): "tensor \(shown(name)) is missing"
    case .shape(let tensor, let expected, let found):
      "the shape of tensor \(shown(tensor)) is wrong: expected \(expected), found \(found)"
    case .wrongType(let tensor, let expected, let found):
      "the type of tensor \(shown(tensor)) is wrong: expected \(expected), found \(found.rawValue)"
    case .doesNotFit(let tensor, let value):
      "tensor \(shown(tensor)) holds \(value), which is too large for 32-bit floats"
    case .forbiddenName(let name):
      "a tensor cannot be called \(shown(name)), which the format keeps for itself"
    }
  }

  private func shown(_ name: [UInt8]) -> String { "'\(String(displaying: name))'" }
}
