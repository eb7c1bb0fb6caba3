import Collectives
import Datasets
import Files
import Glibc
import Randomness
import TestSupport
import Testing
import Tokenizers
import Tokens

@Suite struct TextDatasetTests {
  let tokenizer: Tokenizer

  init() throws {
    tokenizer = try LetterTokenizer.make()
  }

  private func samples(_ dataset: TokenDataset) -> [[TokenID]] {
    (0..<dataset.count).map { dataset.sample($0) }
  }

  private func stream(_ text: String) throws -> [TokenID] {
    let dataset = try TextDataset(text: Array(text.utf8)).grouped(
      into: 100_000, using: tokenizer, on: SoloWorld())
    #expect(dataset.count == 1)
    return Array(dataset.sample(0).dropFirst().dropLast())
  }

  private func words(_ text: String) -> [TokenID] { tokenizer.encodeIDs(Array(text.utf8)) }

  @Test(arguments: [
    "ab cd\nef\n\ngh\n", "ab cd\nef\n\ngh", "ab cd\r\nef\r\n\r\ngh\r\n", "ab cd\ref\r\rgh\r",
    "\n\n ab cd \n\tef\n \t \n\n\n\r\n gh \n\n", "\u{FEFF}ab cd\nef\n\ngh\n",
    "ab cd\r\nef\n\r\ngh\r",
  ])
  func documentsAreRunsOfLinesThatAreNotBlank(text: String) throws {
    #expect(try stream(text) == words("ab cd ef") + [3] + words("gh") + [3])
  }

  @Test func onlyTheFirstByteOrderMarkIsSkippedAndItIsNoted() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/marked.txt"
    try File.write(Array("\u{FEFF}ab\n".utf8), to: path)
    let text = try TextDataset(path)
    #expect(text.notes == ["\(path): a byte order mark was skipped"])
    let dataset = try text.grouped(into: 8, using: tokenizer, on: SoloWorld(), cache: .none)
    #expect(dataset.notes == text.notes)
    #expect(dataset.sample(0) == [2] + words("ab") + [3, 3])
  }

  @Test(arguments: [3, 4, 7, 20, 1000])
  func blocksCarryTheRestOfADocumentOnAndDropNothing(length: Int) throws {
    let text = "the abc. de the the\nfg\n\nhijk lm\n\nthe end."
    let whole = try stream(text)
    let dataset = try TextDataset(text: Array(text.utf8)).grouped(
      into: length, using: tokenizer, on: SoloWorld())
    let samples = samples(dataset)
    #expect(samples.allSatisfy { $0.first == 2 && $0.last == 3 })
    #expect(samples.dropLast().allSatisfy { $0.count == length })
    #expect(samples.flatMap { $0.dropFirst().dropLast() } == whole)
    #expect(dataset.longestSampleCount == length)
  }

  @Test(arguments: [2, 0, -5])
  func blocksWithoutRoomAreRefused(length: Int) {
    #expect(throws: DataError.blockSize(length)) {
      try TextDataset(text: Array("ab".utf8)).grouped(
        into: length, using: tokenizer, on: SoloWorld())
    }
  }

  /// Half a megabyte with every kind of line end, blank lines, and lines that fill whole chunks:
  /// with spaces, without, and nothing but spaces.
  static let longText: [UInt8] = {
    var stream = RandomStream(RandomKey(seed: 77))
    var text: [UInt8] = []
    let ends = ["\n", "\r\n", "\r", "\n\n", "\n \t\n", "\r\n\r\n", " \n", "\r\r"].map {
      Array($0.utf8)
    }
    func addWords(_ count: Int) {
      for _ in 0..<count {
        for _ in 0..<(1 + stream.below(7)) { text.append(UInt8(97 + stream.below(26))) }
        text.append(UInt8(ascii: " "))
      }
    }
    for part in 0..<6 {
      for _ in 0..<900 {
        addWords(stream.below(14))
        text += ends[stream.below(ends.count)]
      }
      switch part {
      case 1: addWords(70_000)
      case 2:
        text += [UInt8](repeating: UInt8(ascii: "x"), count: 200_000)
        text += [UInt8](repeating: UInt8(ascii: "\t"), count: 300_000) + ends[0]
        addWords(2)
      case 3:
        addWords(3)
        text += ends[0] + [UInt8](repeating: UInt8(ascii: " "), count: 300_000) + ends[1]
      case 4, 5:
        addWords(3)
        text += [UInt8](repeating: UInt8(ascii: "\t"), count: 300_000)
        if part == 4 { text += ends[3] }
      default: break
      }
    }
    return text
  }()

  /// The stream as its definition says, with no thought for size.
  private func expectedStream(_ text: [UInt8]) -> [TokenID] {
    var stream: [TokenID] = []
    var isOpen = false
    let unified = String(decoding: text, as: UTF8.self).unicodeScalars.reduce(into: [UInt8]()) {
      $0 += Array(String($1).utf8)
    }
    var lines: [[UInt8]] = [[]]
    for (place, byte) in unified.enumerated() {
      if byte == 0x0D || byte == 0x0A && !(place > 0 && unified[place - 1] == 0x0D) {
        lines.append([])
      } else if byte != 0x0A {
        lines[lines.count - 1].append(byte)
      }
    }
    for line in lines {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
        if isOpen { stream.append(3) }
        isOpen = false
      } else {
        stream += tokenizer.encodeIDs(line)
        isOpen = true
      }
    }
    return isOpen ? stream + [3] : stream
  }

  @Test func longTextsGiveTheStreamThatTheirDefinitionSays() throws {
    let dataset = try TextDataset(text: Self.longText).grouped(
      into: 130, using: tokenizer, on: SoloWorld(), threadCount: 2)
    let stream = samples(dataset).flatMap { $0.dropFirst().dropLast() }
    let expected = expectedStream(Self.longText)
    #expect(stream.count == expected.count)
    #expect(stream == expected)
    #expect(dataset.preparation?.documentCount == expected.count { $0 == 3 })
    #expect(dataset.preparation?.wordTokenCount == expected.count { $0 != 3 })
  }

  /// One line that fills several chunks, of words in several scripts with all kinds of spaces between them.
  static let longLine: [UInt8] = {
    var stream = RandomStream(RandomKey(seed: 78))
    let words = [
      "lai", "Straße", "it's", "42", "—", "한국말", "дом", "a\u{301}b", "(x)", "\u{1F600}", "हिन्दी",
    ]
    let spaces = [" ", " ", " ", " ", "  ", "\t", " \t", "\u{A0}", " \u{3000}", ""]
    var line: [UInt8] = []
    while line.count < 600_000 {
      line += Array((words[stream.below(words.count)] + spaces[stream.below(spaces.count)]).utf8)
    }
    return line
  }()

  private static func learnt(_ kind: String) throws -> Tokenizer {
    func learnt(_ trainer: some VocabularyTrainer) throws -> Tokenizer {
      var counter = trainer.makeCounter()
      longLine[..<20_000].withUnsafeBufferPointer { counter.feed($0) }
      return try trainer.train(on: counter.counts) {}
    }
    return switch kind {
    case "wordpiece": try learnt(WordPieceTrainer(vocabularySize: 200))
    case "bpe": try learnt(ByteLevelTrainer(vocabularySize: 330))
    default: try learnt(UnigramTrainer(vocabularySize: 200))
    }
  }

  @Test(arguments: ["wordpiece", "bpe", "unigram"])
  func longLinesHaveTheTokensThatTheyHaveInOne(_ kind: String) throws {
    let tokenizer = try Self.learnt(kind)
    let dataset = try TextDataset(text: Self.longLine).grouped(
      into: 130, using: tokenizer, on: SoloWorld(), threadCount: 2)
    let stream = samples(dataset).flatMap { $0.dropFirst().dropLast() }
    let expected = tokenizer.encodeIDs(Self.longLine) + [try tokenizer.specialTokens.separator]
    #expect(stream.count == expected.count)
    #expect(stream == expected)
  }

  @Test(arguments: [(1, 2), (2, 1), (3, 2), (8, 1)])
  func neitherRanksNorThreadsChangeTheSamples(ranks: Int, threads: Int) throws {
    let alone = try TextDataset(text: Self.longText).grouped(
      into: 64, using: tokenizer, on: SoloWorld())
    let expected = samples(alone)
    let found = try ThreadWorld.run(ranks: ranks) { [tokenizer] world in
      let dataset = try TextDataset(text: Self.longText).grouped(
        into: 64, using: tokenizer, on: world, threadCount: threads)
      return (
        (0..<dataset.count).map { dataset.sample($0) }, dataset.fingerprint,
        dataset.tokenCounts(vocabularySize: tokenizer.vocabularySize)
      )
    }
    for (samples, fingerprint, counts) in found {
      #expect(samples == expected)
      #expect(fingerprint == alone.fingerprint)
      #expect(counts == alone.tokenCounts(vocabularySize: tokenizer.vocabularySize))
    }
  }

  @Test(arguments: [(1, 2), (3, 1), (4, 2)])
  func wordCountsAreThoseOfTheWholeText(ranks: Int, threads: Int) throws {
    let trainer = WordPieceTrainer(vocabularySize: 100)
    var counter = trainer.makeCounter()
    counter.feed(Self.longText)
    let counts = try ThreadWorld.run(ranks: ranks) { world in
      try TextDataset(text: Self.longText).wordCounts(
        for: trainer, on: world, threadCount: threads)
    }
    #expect(counts[0] == counter.counts)
    #expect(counts.dropFirst().allSatisfy { $0 == nil })
  }

  /// Hashing takes several times as long as the ranks wait for one that is silent.
  @Test func ranksWaitForTheHashOfAHugeFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("some words\n", to: "huge.txt")
    let file = open(path, O_WRONLY)
    defer { close(file) }
    // Holes but for an end of a line where each chunk begins.
    for chunk in 1...8_192 { #expect(pwrite(file, "\n", 1, chunk * 131_072) == 1) }
    let errors = ThreadWorld.outcomes(ranks: 3, timeout: .milliseconds(250)) { [tokenizer] world in
      _ = try TextDataset(path).grouped(into: 8, using: tokenizer, on: world, cache: .none)
    }.map(\.error)
    for error in errors {
      #expect(error.map { "\($0)" }?.contains("a zero byte at offset 11") == true)
    }
  }

  @Test func countsOfASplitAreThoseOfItsSamples() throws {
    let whole = try TextDataset(text: Array(Self.longText[..<40_000])).grouped(
      into: 32, using: tokenizer, on: SoloWorld())
    let (training, validation) = try whole.split(validationFraction: 0.1)
    for part in [whole, training, validation] {
      var expected = [Int](repeating: 0, count: tokenizer.vocabularySize)
      for sample in samples(part) { for token in sample { expected[Int(token)] += 1 } }
      #expect(part.tokenCounts(vocabularySize: tokenizer.vocabularySize) == expected)
    }
  }

  @Test func severalFilesAreOneStreamInTheirOrder() throws {
    let folder = try TemporaryFolder()
    let paths = ["one", "two", "three"].map { "\(folder.path)/\($0).txt" }
    for (path, text) in zip(paths, ["ab\ncd", "", "ef\n\nab\n"]) {
      try File.write(Array(text.utf8), to: path)
    }
    let dataset = try TextDataset(paths: paths).grouped(
      into: 64, using: tokenizer, on: SoloWorld(), cache: .none)
    #expect(
      dataset.sample(0) == [2] + words("ab cd") + [3] + words("ef") + [3] + words("ab") + [3, 3])
    let reversed = try TextDataset(paths: paths.reversed()).grouped(
      into: 64, using: tokenizer, on: SoloWorld(), cache: .none)
    #expect(reversed.fingerprint != dataset.fingerprint)
  }
}
