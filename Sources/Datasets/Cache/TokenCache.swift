import Files
import Glibc

/// A folder that keeps tokenized texts between runs.
///
/// Nothing in it is needed: it can be removed at any time, and what is damaged is made again.
public struct TokenCache: Sendable, Equatable {
  /// The folder; nil keeps tokens in memory only, each rank all of them.
  public let folder: String?

  /// A cache in a folder, which is created when it is needed.
  public init(folder: String) {
    self.folder = folder
  }

  private init() {
    folder = nil
  }

  /// No cache: texts are tokenized at every start.
  public static let none = TokenCache()

  /// The user's cache: `LOCKSTEP_CACHE`, else `XDG_CACHE_HOME/lockstep`, else `HOME/.cache/lockstep`.
  ///
  /// `LOCKSTEP_CACHE=none`, or none of the three being set, means no cache.
  public static var standard: TokenCache {
    standard { name in
      unsafe getenv(name).map { unsafe String(cString: $0) }
    }
  }

  package static func standard(environment: (String) -> String?) -> TokenCache {
    func value(_ name: String) -> String? {
      environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    if let folder = value("LOCKSTEP_CACHE") {
      return folder == "none" ? .none : TokenCache(folder: folder)
    }
    // The specification of base directories wants relative paths to be ignored.
    if let folder = value("XDG_CACHE_HOME"), folder.hasPrefix("/") {
      return TokenCache(folder: folder + "/lockstep")
    }
    return value("HOME").map { TokenCache(folder: $0 + "/.cache/lockstep") } ?? .none
  }

  /// Where the tokens of a content lie.
  func entry(_ key: String) -> String? {
    folder.map { $0 + "/tokens/" + key }
  }

  /// Where the digest of a file that was seen before lies.
  func digestPath(of identity: FileIdentity) -> String? {
    folder.map { $0 + "/digests/" + SHA256.digest(of: identity.bytes).hex }
  }
}
