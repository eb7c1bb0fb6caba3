import Diagnostics
import Files
import Glibc
import TestSupport
import Testing

struct SafeTensorsShardsTests {
  private let folder: TemporaryFolder
  private let values = (0..<30).map { Float($0) / 3 }

  init() throws { folder = try TemporaryFolder() }

  private func entries(
    _ counts: [(String, Int)], _ body: ([SafeTensorsWriter.Entry]) throws -> Void
  ) throws {
    try values.withUnsafeBufferPointer { values in
      try body(
        counts.map { name, count in
          .init(
            name: name, shape: [count],
            values: UnsafeBufferPointer(rebasing: values[(30 - count)...]))
        })
    }
  }

  private func write(_ counts: [(String, Int)], maximumBytes: Int? = nil) throws -> [String] {
    var names: [String] = []
    try entries(counts) { entries in
      let plan = SafeTensorsShardPlan(entries, maximumBytes: maximumBytes)
      for (name, entries) in plan.files {
        let sink = try DurableWriter(creating: folder.path(name))
        try SafeTensorsWriter(entries).write(to: sink)
        try sink.commit()
      }
      if let index = plan.index { try folder.write(index, to: SafeTensorsShardPlan.indexName) }
      names = plan.files.map(\.name)
    }
    return names
  }

  private var index: String { folder.path(SafeTensorsShardPlan.indexName) }

  private func problem() -> SafeTensorsIndexError.Problem? {
    do {
      _ = try SafeTensorsShards(index: index)
      return nil
    } catch {
      return (error as? SafeTensorsIndexError)?.problem
    }
  }

  // MARK: - Dividing

  @Test func filesAreFilledInTheOrderOfTheTensors() throws {
    try entries([("z", 4), ("a", 2), ("y", 9), ("b", 1), ("c", 1)]) { entries in
      let files = SafeTensorsShardPlan(entries, maximumBytes: 24).files
      #expect(
        files.map(\.name) == [1, 2, 3].map { "model-0000\($0)-of-00003.safetensors" })
      let names = files.map { $0.entries.map { String(decoding: $0.name, as: UTF8.self) } }
      #expect(names == [["z", "a"], ["y"], ["b", "c"]])
    }
  }

  @Test(arguments: [nil, 68])
  func oneFileNeedsNoIndex(_ maximumBytes: Int?) throws {
    #expect(try write([("z", 4), ("a", 13)], maximumBytes: maximumBytes) == ["model.safetensors"])
    #expect(!File.exists(index))
  }

  @Test func theIndexIsThatOfTransformers() throws {
    _ = try write([("z", 4), ("a", 2), ("m", 1)], maximumBytes: 16)
    let expected = """
      {
        "metadata": {
          "total_parameters": 7,
          "total_size": 28
        },
        "weight_map": {
          "a": "model-00002-of-00002.safetensors",
          "m": "model-00002-of-00002.safetensors",
          "z": "model-00001-of-00002.safetensors"
        }
      }

      """
    #expect(contents(of: index) == Array(expected.utf8))
  }

  // MARK: - Reading

  @Test func whatIsDividedReadsBack() throws {
    _ = try write([("z", 4), ("a", 2), ("m", 7)], maximumBytes: 16)
    let shards = try SafeTensorsShards(index: index)
    #expect(shards.tensors.count == 3)
    for (name, count) in [("z", 4), ("a", 2), ("m", 7)] {
      let tensor = try #require(shards[name])
      #expect(try shards.floats(of: tensor) == Array(values[(30 - count)...]))
    }
    #expect(shards["b"] == nil)
  }

  private func replaceIndex(_ map: String, size: String = "24") throws {
    try folder.write(
      "{\"metadata\": {\"total_size\": \(size)}, \"weight_map\": {\(map)}}",
      to: SafeTensorsShardPlan.indexName)
  }

  private static let (first, second) = (
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
  )

  @Test(arguments: ["24", "24.0", "2.4e1"])
  func anyIndexThatFitsIsRead(_ size: String) throws {
    #expect(try write([("z", 4), ("a", 2)], maximumBytes: 16) == [Self.first, Self.second])
    try replaceIndex("\"z\": \"\(Self.first)\", \"a\": \"\(Self.second)\"", size: size)
    #expect(try SafeTensorsShards(index: index).tensors.count == 2)
  }

  @Test(arguments: ["23", "0", "1e18"])
  func aWrongTotalIsRefused(_ size: String) throws {
    _ = try write([("z", 4), ("a", 2)], maximumBytes: 16)
    try replaceIndex("\"z\": \"\(Self.first)\", \"a\": \"\(Self.second)\"", size: size)
    #expect(problem() == .totalSize(24, expected: UInt64(Double(size) ?? 0)))
  }

  @Test(arguments: [
    "../model.safetensors", "/etc/model.safetensors", "C:model.safetensors",
    "\\\\\\\\h\\\\s\\\\x.safetensors", "..\\\\x.safetensors", "a/b.safetensors",
    "pytorch_model.bin",
    "", ".", "..", ".safetensors", "model\\u0000.safetensors", "model\\n.safetensors",
  ])
  func filesOutsideOfTheFolderAreRefused(_ file: String) throws {
    try replaceIndex("\"z\": \"\(file)\"")
    guard case .forbiddenFile(_, let tensor) = problem() else {
      Issue.record("\(file) is not refused: \(String(describing: problem()))")
      return
    }
    #expect(tensor == [UInt8(ascii: "z")])
  }

  @Test func missingFilesAndTensorsAreNamed() throws {
    _ = try write([("z", 4), ("a", 2)], maximumBytes: 16)
    try replaceIndex(
      "\"z\": \"\(Self.first)\", \"a\": \"\(Self.second)\", \"b\": \"\(Self.second)\"")
    #expect(problem() == .missingTensor([UInt8(ascii: "b")], file: Self.second))
    try replaceIndex("\"z\": \"\(Self.first)\", \"a\": \"c.safetensors\"")
    #expect(problem() == .missingFile("c.safetensors", missingCount: 1, fileCount: 2))
  }

  @Test func tensorsThatLieElsewhereAreNamed() throws {
    _ = try write([("z", 4), ("a", 2)], maximumBytes: 16)
    try replaceIndex("\"a\": \"\(Self.first)\", \"z\": \"\(Self.second)\"")
    #expect(
      problem() == .strayTensor([UInt8(ascii: "z")], file: Self.first, expected: Self.second))
    try replaceIndex("\"z\": \"\(Self.first)\"")
    #expect(problem() == nil || problem() == .totalSize(16, expected: 24))
    try File.remove(folder.path(Self.second))
    try File.linkOrCopy(folder.path(Self.first), to: folder.path(Self.second))
    try replaceIndex("\"z\": \"\(Self.first)\", \"a\": \"\(Self.second)\"")
    #expect(
      problem() == .strayTensor([UInt8(ascii: "z")], file: Self.second, expected: Self.first))
  }

  @Test(arguments: [
    "{}", "[]", "{\"weight_map\": []}", "{\"weight_map\": {}}", "{\"weight_map\": {\"a\": 1}}",
    "{\"weight_map\": {\"a\": \"b.safetensors\", \"a\": \"b.safetensors\"}}",
    "{\"weight_map\": {\"a\": \"b.safetensors\"}, \"metadata\": {\"total_size\": -1}}",
    "{\"weight_map\": {\"a\": \"b.safetensors\"}, \"metadata\": {\"total_size\": 1.5}}",
  ])
  func otherFormsAreRefused(_ text: String) throws {
    try folder.write(text, to: SafeTensorsShardPlan.indexName)
    #expect {
      try SafeTensorsShards(index: index)
    } throws: { error in
      (error as? any Diagnostic)?.exitCode == .data && "\(error)".hasPrefix(index)
    }
  }

  @Test func aMillionFilesAreRefusedWithoutOpeningThem() throws {
    let map = (0..<1_000_000).map { "\"\($0)\": \"\($0).safetensors\"" }
    try replaceIndex(map.joined(separator: ","))
    #expect(problem() == .fileCount(1_000_000, limit: 10_000))
  }

  @Test func pipesAndDevicesAreNotRead() throws {
    for make in [{ mkfifo($0, 0o644) }, { symlink("/dev/zero", $0) }] {
      let path = folder.path("b.safetensors")
      #expect(make(path) == 0)
      try replaceIndex("\"a\": \"b.safetensors\"")
      #expect(throws: FileError.notARegularFile(path: path)) {
        try SafeTensorsShards(index: index)
      }
      try File.remove(path)
    }
  }
}
