import Files
import Glibc
import Testing
import Tokenizers

/// Joining pairs in a word of n letters takes n log n steps: they are counted, for times say little.
@Suite struct LongWordTests {
  /// Each join puts two pairs into the queue, and each pair goes up and down it once.
  private static let queueTravels = 6.0
  /// What is looked at besides, each letter a few times.
  private static let turnsPerLetter = 8.0

  private static func limit(_ count: Int) -> Double {
    Double(count) * (queueTravels * log2(3 * Double(count)) + turnsPerLetter)
  }

  /// Words of letters that are joined in many ways, and nothing else.
  private static func word(_ pattern: String, _ count: Int) -> [UInt8] {
    var state: UInt32 = 7
    return (0..<count).map { index in
      let letters = Array(pattern.utf8)
      guard pattern.hasSuffix("?") else { return letters[index % letters.count] }
      state = state &* 1_664_525 &+ 1_013_904_223
      return letters[Int(state >> 16) % (letters.count - 1)]
    }
  }

  /// Knows a, aa, aaaa and so on, so that a word of a's is joined n - 1 times, less a thousandth.
  private static func doubling() throws -> Tokenizer {
    let tokens = (0...10).map { JSON(String(repeating: "a", count: 1 << $0)) }
    let json = try Fixture.fewLetters {
      $0["added_tokens"] = []
      $0.change("model") { model in
        model["vocab"] = .object(
          JSONObject(distinct: tokens.enumerated().map { ($1.bytes ?? [], JSON($0)) }))
        model["merges"] = JSON(tokens.dropLast().map { [$0, $0] })
        model["unk_token"] = .null
      }
    }
    return try Tokenizer(json: json, file: "doubling")
  }

  @Test(arguments: ["a", "lai", "astiorenlumkdvb?"])
  func aMillionLettersTakeNLogNSteps(_ pattern: String) throws {
    let tokenizer =
      pattern == "a" ? try Self.doubling() : try Fixture.tokenizer("bytelevel.json")
    let small = tokenizer.mergeSteps(of: Self.word(pattern, 1 << 18))
    let large = tokenizer.mergeSteps(of: Self.word(pattern, 1 << 20))
    // Every letter is looked at, and many are joined.
    #expect(small > 4 << 18)
    #expect(Double(small) <= Self.limit(1 << 18))
    #expect(Double(large) <= Self.limit(1 << 20))
    // Four times the letters: four times the steps, and log n is a tenth more.
    #expect(Double(large) <= 4.5 * Double(small), "\(small) steps became \(large)")
  }
}
