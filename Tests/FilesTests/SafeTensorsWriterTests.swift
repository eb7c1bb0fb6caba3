import Files
import TestSupport
import Testing

private final class MemorySink: ByteSink {
  var bytes: [UInt8] = []

  func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
}

struct SafeTensorsWriterTests {
  private let values = (0..<42).map { Float($0) / 7 }

  private func write(
    _ shapes: [(String, [Int])], metadata: [(String, String)] = [("format", "pt")]
  ) throws -> [UInt8] {
    let sink = MemorySink()
    try values.withUnsafeBufferPointer { values in
      let writer = try SafeTensorsWriter(
        shapes.map { name, shape in
          .init(
            name: name, shape: shape,
            values: UnsafeBufferPointer(rebasing: values[..<shape.reduce(1, *)]))
        }, metadata: metadata)
      try writer.write(to: sink)
      #expect(writer.byteCount == UInt64(sink.bytes.count))
    }
    return sink.bytes
  }

  @Test func theBytesAreThoseOfTheReference() throws {
    let bytes = try write([
      ("empty", [2, 0]), ("layer.10.weight", [3, 5]), ("é", [2]), ("scalar", []), ("Upper", [1]),
      ("a \"quoted\" name\\\n", [3]), ("layer.2.weight", [2, 3, 7]),
    ])
    #expect(bytes == (try File.read(fixture("written.safetensors"))))
  }

  @Test func whatIsWrittenReadsBack() throws {
    let folder = try TemporaryFolder()
    try File.write(
      try write([("b", [6, 7]), ("a", [5])], metadata: [("format", "pt"), ("note", "é")]),
      to: folder.path("m"))
    let reader = try SafeTensorsReader(folder.path("m"))
    #expect(try reader.floats(of: try reader.tensor("b", shape: [6, 7])) == values)
    #expect(try reader.floats(of: try reader.tensor("a", shape: [5])) == Array(values[..<5]))
    #expect(reader.metadata.members.map(\.value) == ["pt", "é"])
  }

  @Test(arguments: 1...9)
  func theDataAreAligned(length: Int) throws {
    let bytes = try write([(String(repeating: "n", count: length), [1])])
    #expect((bytes.count - 4) % 8 == 0)
  }

  @Test func namesThatCannotBeReadBackAreRefused() {
    #expect(throws: SafeTensorsError.self) { try write([("a", [1]), ("a", [2])]) }
    #expect(throws: SafeTensorsError.self) { try write([("__metadata__", [1])]) }
  }
}
