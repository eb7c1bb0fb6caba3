import Glibc

/// What the environment says, by the names that Python's huggingface_hub uses.
struct HubEnvironment {
  private let variable: (String) -> String?

  /// An environment.
  ///
  /// - Parameter variable: Returns the value of a variable, nil if it is not set.
  init(variable: @escaping (String) -> String?) { self.variable = variable }

  /// That of the process.
  init() {
    self.init { name in unsafe getenv(name).map { unsafe String(cString: $0) } }
  }

  /// The value of the first of some variables that has one; as in a shell, an empty one says nothing.
  subscript(names: String...) -> String? { first(of: names) }

  private func first(of names: [String]) -> String? {
    names.lazy.compactMap(variable).first { !$0.isEmpty }
  }

  /// The path in the first of some variables that has one; `~` is the user's folder.
  func path(_ names: String...) -> String? {
    guard let path = first(of: names) else { return nil }
    guard let home = self["HOME"], path == "~" || path.hasPrefix("~/") else { return path }
    return home + path.dropFirst()
  }

  /// Hugging Face's folder, nil if no variable says where it is.
  var folder: String? {
    path("HF_HOME")
      ?? (path("XDG_CACHE_HOME") ?? self["HOME"].map { $0 + "/.cache" }).map { $0 + "/huggingface" }
  }

  /// The folder of the cache.
  ///
  /// - Throws: `HubError.noCache` if no variable says where it is.
  func cache() throws -> String {
    guard
      let cache = path("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? folder.map({ $0 + "/hub" })
    else { throw HubError.noCache }
    return cache
  }
}
