package import Diagnostics
import Files

/// Why a model cannot be had from the hub or its cache.
package enum HubError: Diagnostic, Equatable {
  // MARK: Settings
  /// `HF_ENDPOINT` is no address.
  case endpoint(String)
  /// No variable says where the cache is.
  case noCache
  /// A token has characters that none has; the token itself is not kept.
  case token(source: String)
  /// A revision that cannot be one.
  case revision(String)

  // MARK: What the hub says
  /// The network is forbidden and the cache lacks what is needed.
  case offline(model: String, revision: String, missing: String, variable: String, cache: String)
  /// Nobody answers; the transfer's own words.
  case unreachable(model: String, reason: String)
  /// There is no such model, or not for this user.
  case notFound(model: String, endpoint: String, hasToken: Bool)
  /// The model has no such revision.
  case noRevision(model: String, revision: String, endpoint: String)
  /// The model's owner wants to be asked first.
  case gated(model: String, endpoint: String, hasToken: Bool)
  /// The token is not accepted.
  case forbidden(model: String, endpoint: String, status: Int)
  /// The model lacks a file.
  case missingFile(model: String, file: String)
  /// A status that tells nothing else.
  case status(Int, address: String)
  /// The server asks for patience, for as many seconds if it says so.
  case busy(status: Int, address: String, seconds: Int?)

  // MARK: What it should not do
  /// A redirect that is not followed.
  case redirect(from: String, reason: String)
  /// An answer that lacks what a hub's has.
  case answer(address: String, problem: String)
  /// The list of files has names that could lead out of the cache.
  case hostileNames([String], model: String)

  // MARK: Files
  /// A file has other bytes than its name in the cache says.
  case damaged(file: String, expected: String, found: String)
  /// A file has another size than was announced.
  case size(file: String, expected: UInt64, found: UInt64)
  /// A file is larger than such files are.
  case tooLarge(file: String, byteCount: UInt64, limit: UInt64)
  /// The disk has no room for what is to be downloaded.
  case noRoom(folder: String, needed: UInt64, free: UInt64)

  /// Whether the same question may be answered a moment later.
  var isTransient: Bool {
    switch self {
    case .busy: true
    case .size(_, let expected, let found): found < expected
    default: false
    }
  }

  package var exitCode: ExitCode {
    switch self {
    case .endpoint, .noCache, .token, .revision: .configuration
    case .notFound, .noRevision, .missingFile, .offline: .inputMissing
    case .gated, .forbidden: .permission
    case .status, .busy, .unreachable: .unavailable
    case .redirect, .answer, .hostileNames, .damaged, .size, .tooLarge: .data
    case .noRoom: .inputOutput
    }
  }
}

extension HubError {
  package var description: String {
    switch self {
    case .endpoint(let text):
      "HF_ENDPOINT: '\(shown(text))' is no address: expected https://HOST without user and password"
    case .noCache:
      "HF_HOME: neither it nor HOME is set: name a folder for the cache of models"
    case .token(let source):
      "\(shown(source)): the token has characters that no token has: copy it again"
    case .revision(let text):
      "--revision: '\(shown(text))' is no revision: expected a branch, a tag or a commit"
    case .offline(let model, let revision, let missing, let variable, let cache):
      "\(model): \(missing) of revision \(shown(revision)) is not in the cache \(shown(cache)), and "
        + "\(variable) forbids the network: unset it, or download the model where there is one"
    case .unreachable(let model, let reason):
      "\(model): no folder here, not in the cache, and nobody to ask: \(reason)"
    case .notFound(let model, let endpoint, let hasToken):
      "\(model): no folder here and no model at \(endpoint): check the name"
        + (hasToken ? ", and what your token may read" : "; for a private model set HF_TOKEN")
    case .noRevision(let model, let revision, let endpoint):
      "\(model): no revision '\(shown(revision))' at \(endpoint): check --revision"
    case .gated(let model, let endpoint, let hasToken):
      "\(model): its owners want to be asked: ask for access at \(endpoint)/\(model)"
        + (hasToken ? "" : " and set HF_TOKEN")
    case .forbidden(let model, let endpoint, let status):
      "\(model): \(endpoint) refuses the token (status \(status)): renew HF_TOKEN or unset it"
    case .missingFile(let model, let file):
      "\(model): has no \(shown(file)): choose a model that Transformers opens with its "
        + "AutoModelForMaskedLM"
    case .status(let status, let address):
      "\(address): unexpected status \(status): try again later"
    case .busy(let status, let address, _):
      "\(address): the server is busy (status \(status)): try again later; what arrived is kept"
    case .redirect(let from, let reason):
      "\(from): leads to an address that is not followed: \(reason): check HF_ENDPOINT"
    case .answer(let address, let problem):
      "\(address): not a hub's answer: \(problem): check HF_ENDPOINT and whether the network wants a "
        + "login"
    case .hostileNames(let names, let model):
      "\(model): names of files that lead out of the cache: "
        + names.prefix(3).map { "'\(shown($0))'" }.joined(separator: ", ")
        + (names.count > 3 ? " and \(names.count - 3) more" : "")
        + ": nothing was downloaded: do not use this model"
    case .damaged(let file, let expected, let found):
      "\(file): other bytes than the hub announced: expected the digest \(expected), found \(found): "
        + "try again; if it stays so, tell the hub"
    case .size(let file, let expected, let found):
      "\(file): another size than the hub announced: expected \(expected) bytes, found \(found): "
        + "try again; if it stays so, tell the hub"
    case .tooLarge(let file, let byteCount, let limit):
      "\(file): too large: expected at most \(limit) bytes, found \(byteCount): do not use this model"
    case .noRoom(let folder, let needed, let free):
      "\(shown(folder)): no room: needed \(needed) bytes, free \(free): free some space, or set "
        + "HF_HOME to a folder on another disk"
    }
  }

  private func shown(_ text: String) -> String { String(displaying: text.utf8, limit: 300) }
}
