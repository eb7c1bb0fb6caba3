import Files
import Synchronization
public import Tokens

/// Turns text into the numbers of tokens and back, as the tokenizer.json of a model says.
///
/// May be used from several threads at once. Every result equals that of Hugging Face tokenizers for
/// the same file, except that texts are cut and filled up only where that is asked for.
public final class Tokenizer: Sendable {
  let file: TokenizerFile
  let addedTokens: AddedTokens
  let splitter: WordSplitter?
  let byteLevelWords: ByteLevelWords?
  private let roles: [SpecialTokenNames.Role: TokenID]
  private let roleNames: SpecialTokenNames
  private let addedByID: [TokenID: AddedToken]
  let knownFingerprint = Mutex<String?>(nil)
  private let workspaces = Mutex<[Workspace.Box]>([])

  /// One more than the largest number of a token: the rows of an embedding.
  public let vocabularySize: Int

  /// Puts a tokenizer together.
  ///
  /// - Parameters:
  ///   - file: Its parts.
  ///   - names: The special tokens, where it is not plain from their names; those that the vocabulary
  ///     has count as added tokens even if the file does not list them.
  init(_ file: TokenizerFile, names: SpecialTokenNames) {
    var file = file
    let vocabulary = file.model.vocabulary
    for role in SpecialTokenNames.Role.allCases {
      guard let content = names[role].map({ Array($0.utf8) }), let id = vocabulary.id(of: content),
        !file.addedTokens.contains(where: { $0.content == content })
      else { continue }
      file.addedTokens.append(AddedToken(id: id, content: content))
    }
    let added = file.addedTokens
    var roles: [SpecialTokenNames.Role: TokenID] = [:]
    for role in SpecialTokenNames.Role.allCases {
      let candidates = names[role].map { [$0] } ?? role.usualNames
      roles[role] =
        candidates.lazy.map { Array($0.utf8) }.compactMap { name in
          added.first { $0.content == name }?.id ?? vocabulary.id(of: name)
        }.first
    }
    // The model's own word for it, whatever its name.
    if names.unknown == nil, let unknown = file.model.unknown { roles[.unknown] = unknown }
    self.roles = roles
    roleNames = names
    self.file = file
    addedTokens = AddedTokens(added, normalizer: file.normalizer)
    byteLevelWords = ByteLevelWords(file, addedTokens)
    splitter = WordSplitter(file.normalizer, file.preTokenizer, addedTokens)
    addedByID = Dictionary(added.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    vocabularySize = max(vocabulary.limit, (added.map { Int($0.id) + 1 }.max() ?? 0))
  }

  /// The tokens with a role, and all others that stand for no text.
  ///
  /// - Throws: `TokenizerError.missingSpecialToken` if one of the five is not in the vocabulary.
  public var specialTokens: SpecialTokens {
    get throws {
      SpecialTokens(
        unknown: try special(.unknown), padding: try special(.padding),
        classification: try special(.classification), separator: try special(.separator),
        mask: try special(.mask),
        additional: file.addedTokens.filter(\.isSpecial).map(\.id))
    }
  }

  /// The token that hides a word.
  ///
  /// - Throws: `TokenizerError.missingSpecialToken` if there is none.
  public var maskToken: TokenID { get throws { try special(.mask) } }

  private func special(_ role: SpecialTokenNames.Role) throws -> TokenID {
    guard let id = roles[role] else {
      throw TokenizerError.missingSpecialToken(
        role: role.rawValue, names: roleNames[role].map { [$0] } ?? role.usualNames)
    }
    return id
  }

  /// The name of the token with a role, for tokenizer_config.json.
  func name(of role: SpecialTokenNames.Role) -> [UInt8]? { roles[role].flatMap { token(of: $0) } }

  /// The added token of a number.
  func addedToken(_ id: TokenID) -> AddedToken? { addedByID[id] }

  /// Returns the bytes of a token, nil for a number that no token has.
  public func token(of id: TokenID) -> [UInt8]? {
    addedByID[id]?.content ?? file.model.vocabulary.token(of: id)
  }

  /// Returns the number of a token, nil if there is no such token.
  public func id(of token: String) -> TokenID? { id(of: Array(token.utf8)) }

  /// Returns the number of a token that is given as bytes, nil if there is no such token.
  public func id(of token: [UInt8]) -> TokenID? {
    file.addedTokens.first { $0.content == token }?.id ?? file.model.vocabulary.id(of: token)
  }

  /// Turns tokens back into text.
  ///
  /// - Parameters:
  ///   - ids: The tokens; numbers that no token has are passed over.
  ///   - keepingSpecialTokens: Whether special tokens are written out.
  /// - Returns: The text that they stand for.
  public func decode(_ ids: [TokenID], keepingSpecialTokens: Bool = false) -> String {
    let tokens = ids.compactMap { id -> [UInt8]? in
      if !keepingSpecialTokens, addedByID[id]?.isSpecial == true { return nil }
      return addedTokens.spellings[id] ?? file.model.vocabulary.token(of: id)
    }
    return String(decoding: file.decoder.decode(tokens), as: UTF8.self)
  }

  /// Lends memory to `body`; no two threads have the same at one time.
  func withWorkspace<Result>(_ body: (inout Workspace) -> Result) -> Result {
    let box = workspaces.withLock { $0.popLast() } ?? Workspace.Box()
    let result = body(&box.workspace)
    // What a huge text has grown is given back.
    if box.workspace.original.capacity <= 1 << 20 { workspaces.withLock { $0.append(box) } }
    return result
  }
}
