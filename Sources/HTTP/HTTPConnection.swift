import CCurl
import Glibc

/// Asks servers over http and https, one question at a time, with the system's libcurl.
///
/// It follows no redirect, sends no password of its own, unpacks nothing, and gives up on answers that do
/// not come. A connection is kept for the next question.
package final class HTTPConnection {
  /// When an answer counts as none.
  package struct Patience: Sendable {
    /// How long connecting may take, in seconds.
    package var connectSeconds = 20
    /// The fewest bytes a second that count as an answer.
    package var bytesPerSecond = 1_000
    /// For how many seconds fewer may arrive.
    package var slowSeconds = 30

    /// The usual patience.
    package init() {}
  }

  private static let headerLimit = 256 << 10
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private let handle: UnsafeMutableRawPointer
  private let patience: Patience

  /// Prepares connections.
  ///
  /// - Parameters:
  ///   - patience: When an answer counts as none.
  ///   - certificates: A file of certificates to trust instead of the system's.
  ///   - unproxied: Hosts that no proxy is asked for, beside this machine; as in `no_proxy`.
  /// - Precondition: libcurl can be initialized, as it always can while there is memory.
  package init(
    patience: Patience = Patience(), certificates: String? = nil, unproxied: String? = nil
  ) {
    guard Self.isReady, let handle = curl_easy_init() else {
      preconditionFailure("libcurl cannot be initialized")
    }
    self.handle = handle
    self.patience = patience
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_FOLLOWLOCATION, 0)
    ccurl_speak_http_only(handle)
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    set(CURLOPT_CONNECTTIMEOUT, patience.connectSeconds)
    set(CURLOPT_LOW_SPEED_LIMIT, patience.bytesPerSecond)
    set(CURLOPT_LOW_SPEED_TIME, patience.slowSeconds)
    set(CURLOPT_NOPROGRESS, 0)
    set(CURLOPT_USERAGENT, "lockstep")
    set(
      CURLOPT_NOPROXY,
      [unproxied, "localhost,127.0.0.1,::1"].compactMap(\.self).joined(separator: ","))
    if let certificates { set(CURLOPT_CAINFO, certificates) }
    ccurl_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.from(context).receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    ccurl_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.from(context).receiveHeader(
        UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    ccurl_set_observer(handle) { context, _, _, _, _ in Transfer.from(context).observe() }
  }

  deinit { curl_easy_cleanup(handle) }

  /// Asks and waits for the answer.
  ///
  /// - Parameters:
  ///   - request: What is asked.
  ///   - bodyLimit: The most bytes of the body to take.
  ///   - beat: Called at least once a second, to tell others that the work goes on.
  ///   - receive: Takes the body piece by piece, with the head of the answer.
  /// - Returns: The answer without its body.
  /// - Throws: `HTTPError`, or what `beat` or `receive` throws.
  package func send(
    _ request: HTTPRequest, bodyLimit: UInt64, beat: @escaping () throws -> Void = {},
    receive: @escaping (HTTPResponse, [UInt8]) throws -> Void
  ) throws -> HTTPResponse {
    let transfer = Transfer(
      handle, bodyLimit: bodyLimit, headerLimit: Self.headerLimit, beat: beat, body: receive)
    var list: UnsafeMutablePointer<curl_slist>?
    for (name, value) in request.headers { list = curl_slist_append(list, "\(name): \(value)") }
    defer {
      ccurl_set_list(handle, CURLOPT_HTTPHEADER, nil)
      curl_slist_free_all(list)
    }
    ccurl_set_list(handle, CURLOPT_HTTPHEADER, list)
    set(CURLOPT_URL, request.address.text)
    set(request.isHead ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1)
    set(CURLOPT_TIMEOUT, request.timeoutSeconds ?? 0)
    let code = withExtendedLifetime(transfer) {
      let context = Unmanaged.passUnretained(transfer).toOpaque()
      for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_XFERINFODATA] {
        ccurl_set_pointer(handle, option, context)
      }
      return curl_easy_perform(handle)
    }
    if let failure = transfer.failure { throw failure }
    guard code == CURLE_OK else {
      throw HTTPError(address: request.address.shown, problem: problem(code, request, transfer))
    }
    return transfer.response
  }

  private func problem(
    _ code: CURLcode, _ request: HTTPRequest, _ transfer: Transfer
  ) -> HTTPError.Problem {
    let words = String(cString: curl_easy_strerror(code))
    return switch code {
    case _ where transfer.isTooLarge: .tooLarge(limit: transfer.bodyLimit)
    case CURLE_OPERATION_TIMEDOUT:
      .tooSlow(seconds: request.timeoutSeconds ?? patience.slowSeconds)
    case CURLE_PARTIAL_FILE: .endsEarly
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: .certificate(words: words)
    default: .connection(code: Int32(code.rawValue), words: words)
    }
  }

  private func set(_ option: CURLoption, _ value: Int) { ccurl_set_long(handle, option, value) }

  private func set(_ option: CURLoption, _ value: String) {
    ccurl_set_text(handle, option, value)
  }
}

/// One question while its answer arrives.
private final class Transfer {
  var response = HTTPResponse()
  var failure: (any Error)?
  var isTooLarge = false
  let bodyLimit: UInt64

  private let handle: UnsafeMutableRawPointer
  private let headerLimit: Int
  private let beat: () throws -> Void
  private let body: (HTTPResponse, [UInt8]) throws -> Void
  private var bodyBytes: UInt64 = 0
  private var headerBytes = 0

  init(
    _ handle: UnsafeMutableRawPointer, bodyLimit: UInt64, headerLimit: Int,
    beat: @escaping () throws -> Void,
    body: @escaping (HTTPResponse, [UInt8]) throws -> Void
  ) {
    (self.handle, self.bodyLimit, self.headerLimit) = (handle, bodyLimit, headerLimit)
    (self.beat, self.body) = (beat, body)
  }

  static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
    guard let context else { preconditionFailure("libcurl lost the transfer") }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  /// Takes a piece of the body and returns how many bytes were taken: fewer end the transfer.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    bodyBytes += UInt64(bytes.count)
    guard bodyBytes <= bodyLimit else {
      isTooLarge = true
      return 0
    }
    return attempt { try body(head(), Array(bytes)) } ? bytes.count : 0
  }

  func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    headerBytes += bytes.count
    guard headerBytes <= headerLimit else {
      isTooLarge = true
      return 0
    }
    response.take(String(decoding: bytes, as: UTF8.self))
    // The line's own code is known to the library only.
    response = head()
    return bytes.count
  }

  /// Returns what libcurl takes for "go on" or "stop".
  func observe() -> CInt { attempt(beat) ? 0 : 1 }

  private func head() -> HTTPResponse {
    var code = 0
    if ccurl_response_code(handle, &code) == CURLE_OK { response.status = code }
    return response
  }

  private func attempt(_ work: () throws -> Void) -> Bool {
    do {
      try work()
      return true
    } catch {
      failure = error
      return false
    }
  }
}
