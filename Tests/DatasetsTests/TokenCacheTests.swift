import Collectives
import Datasets
import Diagnostics
import Files
import Glibc
import TestSupport
import Testing
import Tokenizers
import Tokens

/// Not checked, for a folder is not said to be Sendable; nothing of it ever changes.
@Suite struct TokenCacheTests: @unchecked Sendable {
  /// Three chunks.
  static let content = Array(TextDatasetTests.longText[..<300_000])

  let tokenizer: Tokenizer
  let folder: TemporaryFolder
  let cache: TokenCache
  let text: String

  init() throws {
    tokenizer = try LetterTokenizer.make()
    folder = try TemporaryFolder()
    cache = TokenCache(folder: folder.path("cache"))
    text = try folder.write(Self.content, to: "text.txt")
  }

  private func open(
    _ paths: String..., on world: any Communicator = SoloWorld()
  ) throws -> TokenDataset {
    try TextDataset(paths: paths.isEmpty ? [text] : paths).grouped(
      into: 64, using: tokenizer, on: world, cache: cache)
  }

  private func samples(_ dataset: TokenDataset) -> [[TokenID]] {
    (0..<dataset.count).map { dataset.sample($0) }
  }

  private func entries() throws -> [String] { try Folder.list(folder.path("cache/tokens")) }

  private func entry() throws -> String {
    let entries = try entries()
    try #require(entries.count == 1)
    return folder.path("cache/tokens/" + entries[0])
  }

  @Test func theSecondStartFindsTheTokens() throws {
    let first = try open()
    #expect(first.preparation?.isCached == false)
    let second = try open()
    #expect(second.preparation?.isCached == true)
    #expect(second.notes.isEmpty)
    #expect(samples(second) == samples(first))
    #expect(second.fingerprint == first.fingerprint)
    #expect(second.preparation?.documentCount == first.preparation?.documentCount)
    #expect(second.preparation?.wordTokenCount == first.preparation?.wordTokenCount)
    #expect(
      second.tokenCounts(vocabularySize: tokenizer.vocabularySize)
        == first.tokenCounts(vocabularySize: tokenizer.vocabularySize))
    let uncached = try TextDataset(text).grouped(
      into: 64, using: tokenizer, on: SoloWorld(), cache: .none)
    #expect(samples(uncached) == samples(first))
    #expect(uncached.fingerprint == first.fingerprint)
  }

  @Test(arguments: [(3, 1), (1, 3), (2, 5)])
  func anyNumberOfRanksFindsWhatAnyOtherMade(makers: Int, finders: Int) throws {
    let made = try ThreadWorld.run(ranks: makers) { world in
      let dataset = try open(on: world)
      #expect(dataset.preparation?.isCached == false)
      return samples(dataset)
    }
    let found = try ThreadWorld.run(ranks: finders) { world in
      let dataset = try open(on: world)
      #expect(dataset.preparation?.isCached == true)
      return samples(dataset)
    }
    #expect((made + found).allSatisfy { $0 == made[0] })
    #expect(try entries().count == 1)
  }

  @Test func thePathDoesNotMatterButContentAndTokenizerDo() throws {
    let first = try open()
    let copy = try folder.write(Self.content, to: "copy.txt")
    #expect(try open(copy).preparation?.isCached == true)
    let shorter = try folder.write(Array(Self.content.dropLast()), to: "shorter.txt")
    let other = try open(shorter)
    #expect(other.preparation?.isCached == false)
    #expect(other.fingerprint != first.fingerprint)
    // The same path with another content.
    _ = try folder.write("a few words", to: "text.txt")
    #expect(try open().preparation?.isCached == false)
    #expect(try entries().count == 3)
  }

  @Test func blocksOfAnotherLengthAreCutFromTheSameTokens() throws {
    _ = try open()
    let other = try TextDataset(text).grouped(
      into: 32, using: tokenizer, on: SoloWorld(), cache: cache)
    #expect(other.preparation?.isCached == true)
  }

  enum Damage: String, CaseIterable {
    case shortPart, changedByte, lostPart, changedCounts, brokenIndex, emptyIndex, otherFormat
  }

  @Test(arguments: Damage.allCases)
  func damageIsNoticedSaidAndRepaired(damage: Damage) throws {
    let whole = try samples(open())
    let entry = try entry()
    let name =
      switch damage {
      case .shortPart, .changedByte, .lostPart: "part-0.tokens"
      case .changedCounts: "counts.bin"
      case .brokenIndex, .emptyIndex, .otherFormat: "index.json"
      }
    var bytes = try File.read(entry + "/" + name)
    try File.remove(entry + "/" + name)
    switch damage {
    case .shortPart: bytes.removeLast(100)
    case .changedByte, .changedCounts: bytes[bytes.count / 2] ^= 1
    case .brokenIndex: bytes.removeLast(20)
    case .emptyIndex: bytes = Array("{}".utf8)
    case .otherFormat: bytes = Array("{\"format\": 999}".utf8)
    case .lostPart: break
    }
    if damage != .lostPart { try File.write(bytes, to: entry + "/" + name) }
    for dataset in try ThreadWorld.run(ranks: 2, { try open(on: $0) }) {
      #expect(dataset.preparation?.isCached == false)
      #expect(dataset.notes.count == 1)
      #expect(dataset.notes[0].contains("damaged") && dataset.notes[0].contains(name))
      #expect(samples(dataset) == whole)
    }
    #expect(try open().preparation?.isCached == true)
    #expect(try entries().count == 1)
  }

  /// A part that is so large that the run which made it remembers its digest.
  @Test func changesBehindARememberedDigestAreNoticed() throws {
    let large = try folder.write(
      Array(repeating: Self.content + [0x0A], count: 4).joined().map { $0 }, to: "large.txt")
    let whole = try samples(open(large))
    #expect(try !Folder.list(folder.path("cache/digests")).isEmpty)
    #expect(try open(large).preparation?.isCached == true)
    let part = try entry() + "/part-0.tokens"
    let middle = try File.size(of: part) / 2
    let file = try #require(fopen(part, "r+"))
    fseek(file, Int(middle), SEEK_SET)
    fputc(0xFF, file)
    fclose(file)
    let repaired = try open(large)
    #expect(repaired.notes.count == 1)
    #expect(samples(repaired) == whole)
  }

  /// Several runs of different sizes, all without a cache at first.
  @Test(arguments: 0..<3)
  func runsAtTheSameTimeDoNotDisturbEachOther(round: Int) throws {
    let expected = try samples(
      TextDataset(text).grouped(into: 64, using: tokenizer, on: SoloWorld(), cache: .none))
    let runs = try ThreadWorld.run(ranks: 4) { place in
      try ThreadWorld.run(ranks: place.rank + 1) { samples(try open(on: $0)) }
    }
    for run in runs { #expect(run.allSatisfy { $0 == expected }) }
    #expect(try entries().count == 1)
    #expect(try open().preparation?.isCached == true)
  }

  @Test func leftoversOfKilledRunsAreRemovedAfterADay() throws {
    _ = try open()
    let entry = try entry()
    for (name, age) in [("old", 90_000), ("young", 3_000)] {
      try Folder.create("\(entry).tmp-\(name)")
      var times = [timeval(), timeval()]
      for index in 0..<2 { times[index].tv_sec = time(nil) - age }
      utimes("\(entry).tmp-\(name)", times)
    }
    try File.remove(entry + "/index.json")
    _ = try open()
    let names = try entries()
    #expect(names.count == 2)
    #expect(names.contains { $0.hasSuffix(".tmp-young") })
  }

  @Test func aFailureLeavesNothingBehind() throws {
    let broken = try folder.write([0x61, 0x20, 0xFF], to: "broken.txt")
    #expect(throws: TextError.self) { try open(broken) }
    #expect(try entries().isEmpty)
  }

  @Test func ranksThatSeeDifferentTextsAreToldSo() throws {
    let other = try folder.write("other words", to: "other.txt")
    let outcomes = ThreadWorld.outcomes(ranks: 3) { world in
      try open(world.rank == 1 ? other : text, on: world).count
    }
    for outcome in outcomes {
      let error = try #require(outcome.error as? RanksDisagree)
      #expect(error.exitCode == .ranksDisagree)
      #expect(error.differences.map(\.name) == ["text file 1"])
      #expect(error.differences[0].values.map(\.ranks) == [[0, 2], [1]])
    }
  }

  @Test func equalTextsOfDifferentPathsAreEqual() throws {
    let copy = try folder.write(Self.content, to: "copy.txt")
    let counts = try ThreadWorld.run(ranks: 2) { world in
      try open(world.rank == 1 ? copy : text, on: world).count
    }
    #expect(counts[0] == counts[1])
  }

  @Test func aCacheThatRanksDoNotShareIsAnError() throws {
    let outcomes = ThreadWorld.outcomes(ranks: 2) { world in
      try TextDataset(text).grouped(
        into: 64, using: tokenizer, on: world,
        cache: TokenCache(folder: folder.path("cache-of-\(world.rank)"))
      ).count
    }
    for outcome in outcomes {
      let error = try #require(outcome.error as? any Diagnostic)
      #expect(error.exitCode == .ranksDisagree)
      #expect(error.description.contains("rank 1 does not see it"))
      #expect(error.description.contains("LOCKSTEP_CACHE"))
    }
  }

  @Test func aCacheThatCannotBeMadeIsANoteAndTokensStayInMemory() throws {
    let file = try folder.write("not a folder", to: "file")
    let expected = try samples(open())
    for cache in [file + "/cache", "/proc/cache"] {
      let datasets = try ThreadWorld.run(ranks: 2) { world in
        let dataset = try TextDataset(text).grouped(
          into: 64, using: tokenizer, on: world, cache: TokenCache(folder: cache))
        #expect(samples(dataset) == expected)
        return dataset.notes
      }
      for notes in datasets {
        #expect(notes.count == 1)
        #expect(notes.first?.hasPrefix("token cache: ") == true)
        #expect(notes.first?.contains("LOCKSTEP_CACHE=none") == true)
      }
    }
  }

  /// A limit on the size of files is the nearest thing to a full disk that a test can make.
  @Test func aCacheThatCannotBeWrittenOnIsNamed() async throws {
    await #expect(processExitsWith: .success) {
      [text = text as String, path = folder.path as String] in
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 4_096, rlim_max: 4_096)
      guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(1) }
      do {
        _ = try TextDataset(text).grouped(
          into: 64, using: LetterTokenizer.make(), on: SoloWorld(),
          cache: TokenCache(folder: path + "/small"))
        exit(2)
      } catch let error as DataError {
        let text = error.description
        guard text.hasPrefix("token cache: "), text.contains("LOCKSTEP_CACHE") else { exit(3) }
        guard error.exitCode == .inputOutput else { exit(4) }
      }
    }
  }

  /// Content is hashed once for a file that stays as it is: a wrong digest in the cache is believed.
  @Test func digestsOfSettledFilesAreRemembered() throws {
    let settled = "/etc/passwd"
    let first = try open(settled)
    let digests = try Folder.list(folder.path("cache/digests"))
    try #require(digests.count == 1)
    try File.write(
      [UInt8](repeating: 0x30, count: 64), to: folder.path("cache/digests/" + digests[0]))
    #expect(try open(settled).fingerprint != first.fingerprint)
    try File.write([0x30], to: folder.path("cache/digests/" + digests[0]))
    #expect(try open(settled).fingerprint == first.fingerprint)
  }

  @Test(
    arguments: [
      (["LOCKSTEP_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/a"),
      (["XDG_CACHE_HOME": "/b", "HOME": "/c"], "/b/lockstep"),
      (["XDG_CACHE_HOME": "relative", "HOME": "/c"], "/c/.cache/lockstep"),
      (["LOCKSTEP_CACHE": "", "HOME": "/c"], "/c/.cache/lockstep"),
      (["LOCKSTEP_CACHE": "none", "HOME": "/c"], nil), ([:], nil),
    ] as [([String: String], String?)])
  func theFolderComesFromTheEnvironment(environment: [String: String], folder: String?) {
    #expect(TokenCache.standard { environment[$0] }.folder == folder)
  }

  /// A vocabulary beyond 65,536 tokens takes four bytes a token.
  @Test func largeVocabulariesAreKeptWhole() throws {
    let large = try LetterTokenizer.make(moreWords: (0..<70_000).map { "##\($0)" })
    let path = try folder.write("a68000 b69999", to: "numbers.txt")
    for isCached in [false, true] {
      let dataset = try TextDataset(path).grouped(
        into: 16, using: large, on: SoloWorld(), cache: cache)
      #expect(dataset.preparation?.isCached == isCached)
      #expect(dataset.sample(0) == [2, 5, 68_059, 6, 70_058, 3, 3])
    }
  }
}
