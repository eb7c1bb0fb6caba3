import Diagnostics
import Files
import TestSupport
import Testing

struct SafeTensorsReaderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8]) throws -> SafeTensorsReader {
    try File.write(bytes, to: folder.path("t"))
    return try SafeTensorsReader(folder.path("t"))
  }

  private func open(_ header: String, dataCount: Int) throws -> SafeTensorsReader {
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
    return try open(length + header.utf8 + [UInt8](repeating: 0, count: dataCount))
  }

  private func problem(_ header: String, dataCount: Int) -> SafeTensorsError.Problem? {
    do {
      _ = try open(header, dataCount: dataCount)
      return nil
    } catch {
      return (error as? SafeTensorsError)?.problem
    }
  }

  /// Every file of the reference's table is accepted or refused as expected, and by a typed error.
  @Test func hostileFilesAreRefused() throws {
    let cases = try JSONCursor.read(fixture("hostile.json")).member("cases").object()
    #expect(cases.count > 80)
    for (name, verdict) in cases.members {
      let verdict = try #require(verdict.array)
      let hexadecimal = try #require(verdict[0].bytes)
      let bytes = stride(from: 0, to: hexadecimal.count, by: 2).compactMap {
        UInt8(String(decoding: hexadecimal[$0..<($0 + 2)], as: UTF8.self), radix: 16)
      }
      var accepted = true
      do {
        _ = try open(bytes)
      } catch let error as any Diagnostic {
        accepted = false
        #expect(error.exitCode == .data)
        #expect("\(error)".hasPrefix(folder.path("t")) && "\(error)".utf8.allSatisfy { $0 >= 0x20 })
      }
      #expect(accepted == verdict[2].bool, "\(String(decoding: name, as: UTF8.self))")
    }
  }

  @Test func numbersOfEveryFloatingKindAreWidened() throws {
    let reader = try SafeTensorsReader(fixture("kinds.safetensors"))
    for kind in ["F16", "BF16", "F64"] {
      let found = try reader.floats(of: try #require(reader[kind]))
      let expected = try reader.floats(of: try #require(reader[kind + ".expected"]))
      #expect(found.count > 5)
      #expect(found.map(\.bitPattern) == expected.map(\.bitPattern), "\(kind)")
    }
  }

  @Test func numbersThatDoNotFitAreRefused() throws {
    let reader = try SafeTensorsReader(fixture("kinds.safetensors"))
    let tooLarge = try #require(reader["F64.tooLarge"])
    #expect { try reader.floats(of: tooLarge) } throws: {
      ($0 as? SafeTensorsError)?.problem
        == .doesNotFit(tensor: Array("F64.tooLarge".utf8), value: 1e39)
    }
    let integers = try #require(reader["I64"])
    #expect(integers.shape == [3])
    #expect { try reader.floats(of: integers) } throws: {
      if case .wrongType(_, _, .int64) = ($0 as? SafeTensorsError)?.problem { true } else { false }
    }
  }

  @Test func tensorsAreFoundByNameAndShape() throws {
    let reader = try SafeTensorsReader(fixture("written.safetensors"))
    let tensor = try reader.tensor("layer.2.weight", shape: [2, 3, 7])
    #expect(try reader.floats(of: tensor) == (0..<42).map { Float($0) / 7 })
    #expect(try reader.floats(of: try reader.tensor("scalar", shape: [])) == [0])
    #expect(try reader.floats(of: try reader.tensor("empty", shape: [2, 0])) == [])
    #expect(reader.metadata["format"] == "pt")
    #expect(reader["e\u{301}"] == nil)
    #expect { try reader.tensor("layer.2.bias", shape: [1]) } throws: {
      ($0 as? SafeTensorsError)?.problem == .missingTensor(Array("layer.2.bias".utf8))
    }
    #expect { try reader.tensor("scalar", shape: [1]) } throws: {
      ($0 as? SafeTensorsError)?.problem
        == .shape(tensor: Array("scalar".utf8), expected: [1], found: [])
    }
  }

  private static let pair = (a: Array("a".utf8), b: Array("b".utf8))

  @Test(
    arguments: [
      ([0, 8], [0, 8], 8, .overlap(pair.a, pair.b)),
      ([4, 12], [0, 8], 12, .overlap(pair.b, pair.a)),
      ([0, 8], [12, 20], 20, .hole(before: pair.b, from: 8, to: 12)),
      ([8, 16], [16, 24], 24, .hole(before: pair.a, from: 0, to: 8)),
      ([0, 8], [8, 16], 18, .dataLength(expected: 16, found: 18)),
    ] as [([Int], [Int], Int, SafeTensorsError.Problem)])
  func overlapsAndHolesNameTheTensors(
    first: [Int], second: [Int], dataCount: Int, expected: SafeTensorsError.Problem
  ) {
    let header =
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":\#(first)},"#
      + #""b":{"dtype":"F32","shape":[2],"data_offsets":\#(second)}}"#
    #expect(problem(header, dataCount: dataCount) == expected)
  }

  @Test func aNameThatAppearsTwiceIsSaidToBeADuplicate() {
    let tensor = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
    #expect(
      problem(#"{"a":\#(tensor),"\u0061":\#(tensor)}"#, dataCount: 0)
        == .duplicateTensor(Array("a".utf8)))
  }

  @Test func whatIsAcceptedWithoutNeedIsNoted() throws {
    let reader = try open(
      #" {"__metadata__":null,"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}"#,
      dataCount: 0)
    #expect(reader.notes.count == 3)
    #expect(try SafeTensorsReader(fixture("written.safetensors")).notes.isEmpty)
  }

  @Test func longAndStrangeNamesAreCutAndEscapedInMessages() {
    let name = #"\u001b[2J"# + String(repeating: "n", count: 1_000_000)
    let found = problem(
      #"{"\#(name)":{"dtype":"X","shape":[],"data_offsets":[0,0]}}"#, dataCount: 0)
    guard case .unknownType = found, let found else {
      Issue.record("not refused for its type")
      return
    }
    let text = SafeTensorsError(file: "f", problem: found).description
    #expect(text.contains(#"'\x1b[2Jnnn"#) && text.utf8.count < 400)
  }

  @Test func twoHundredThousandTensorsOpenInTime() throws {
    var header = Array("{".utf8)
    for index in 0..<200_000 {
      header += "\(index == 0 ? "" : ",")\"t\(index)\":".utf8
      header += #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#.utf8
    }
    header.append(UInt8(ascii: "}"))
    try File.write(
      withUnsafeBytes(of: UInt64(header.count), Array.init) + header, to: folder.path("t"))
    var reader: SafeTensorsReader?
    let seconds = try processorSeconds {
      reader = try SafeTensorsReader(folder.path("t"))
    }
    #expect(reader?.tensors.count == 200_000)
    #expect(reader?["t199999"]?.shape == [0])
    #expect(seconds < 2)
  }

  @Test func aFileThatShrinksIsReportedWhenItIsRead() throws {
    let bytes = try File.read(fixture("written.safetensors"))
    let reader = try open(bytes)
    try File.write(Array(bytes[..<500]), to: folder.path("t"))
    #expect(throws: FileError.self) {
      for tensor in reader.tensors { _ = try reader.floats(of: tensor) }
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = try File.read(fixture("written.safetensors"))
    for count in 0..<bytes.count {
      #expect(throws: (any Error).self) { try open(Array(bytes[..<count])) }
    }
  }
}
