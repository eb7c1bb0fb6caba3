import Files
package import HTTP

/// Where models come from and where they are kept: what the environment says, by the names that Python's
/// huggingface_hub uses.
package struct HubSettings: Sendable {
  /// The hub.
  package var endpoint: HTTPAddress
  /// The folder of the cache.
  package var cache: String
  /// What the hub knows the user by; nil for anybody.
  ///
  /// As long as it is held, the process's memory is closed to others.
  package var token: String? {
    get { held?.token }
    set { held = newValue.map(HeldToken.init) }
  }
  private var held: HeldToken?
  /// The variable that forbids the network, nil if it is allowed.
  package var offlineVariable: String?
  /// A file of certificates to trust instead of the system's.
  package var certificates: String?
  /// Hosts that no proxy is asked for.
  package var unproxied: String?
  /// When a server counts as silent.
  package var patience = HTTPConnection.Patience()
  /// How long the pause before the first repetition is, in seconds; each one doubles it.
  package var firstPause = 0.5
  /// What the user should know, one sentence each.
  package var notes: [String] = []

  /// The hub in a form that can be shown.
  package var hub: String {
    let text = endpoint.shown
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  static let usualEndpoint = "https://huggingface.co"
  private static let tokenVariables = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]
  private static let tokenLimit = 1 << 12

  /// Reads the environment of the process.
  ///
  /// - Throws: `HubError` if a variable has a value that cannot be honoured.
  package init() throws {
    try self.init(HubEnvironment())
  }

  /// Reads an environment.
  ///
  /// - Parameter variable: Returns the value of a variable, nil if it is not set.
  /// - Throws: `HubError` if a variable has a value that cannot be honoured.
  package init(variable: @escaping (String) -> String?) throws {
    try self.init(HubEnvironment(variable: variable))
  }

  private init(_ environment: HubEnvironment) throws {
    let spelled = environment["HF_ENDPOINT"] ?? Self.usualEndpoint
    guard let endpoint = HTTPAddress(spelled) else { throw HubError.endpoint(spelled) }
    self.endpoint = endpoint

    cache = try environment.cache()
    offlineVariable = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].first { name in
      ["1", "ON", "YES", "TRUE"].contains(environment[name]?.uppercased())
    }
    certificates = environment["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]
    unproxied = environment["no_proxy", "NO_PROXY"]

    if let token = Self.tokenVariables.compactMap({ environment[$0] }).first {
      self.token = try Self.checked(token, from: "HF_TOKEN")
    } else if let path = environment.path("HF_TOKEN_PATH")
      ?? environment.folder.map({ $0 + "/token" }),
      File.exists(path)
    {
      try readToken(path)
    }
  }

  /// The folder of the cache that the environment of the process says; no token is read.
  ///
  /// - Throws: `HubError.noCache`.
  package static func cacheFolder() throws -> String { try HubEnvironment().cache() }

  /// Forbids core files if the environment has a token, which every one would have too.
  package static func keepTokenOutOfCoreFiles() {
    let environment = HubEnvironment()
    if tokenVariables.contains(where: { environment[$0] != nil }) {
      ProcessSecrecy.forbidCoreFiles()
    }
  }

  private mutating func readToken(_ path: String) throws {
    guard try File.isPrivate(path) else {
      notes.append("\(path): not used, because others can read the token: chmod 600 \(path)")
      return
    }
    let text = String(decoding: try File.read(path, limit: Self.tokenLimit), as: UTF8.self)
    token = try Self.checked(text, from: path)
  }

  /// A token without the space around it, nil if there is nothing else; what would end a header is
  /// refused.
  private static func checked(_ text: String, from source: String) throws -> String? {
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    let token = text.drop(while: isSpace)
    let end = token.lastIndex { !isSpace($0) }
    guard let end else { return nil }
    guard token[...end].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw HubError.token(source: source)
    }
    return String(token[...end])
  }
}

/// A token and what keeps it in this process.
private final class HeldToken: Sendable {
  let token: String
  private let secrecy = ProcessSecrecy()

  init(_ token: String) { self.token = token }
}
