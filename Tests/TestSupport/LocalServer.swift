import Glibc
import Synchronization

/// A server on this machine's loopback for tests of what asks servers: every connection is answered by a
/// closure and then closed.
public final class LocalServer: Sendable {
  /// What was asked.
  public struct Request: Sendable {
    /// `GET` or `HEAD`.
    public let method: String
    /// The path and what follows it.
    public let path: String
    /// The headers: names in lower case, then values.
    public let headers: [String: String]
  }

  /// What is answered: bytes as they are sent, in pieces between which there may be pauses.
  public struct Reply: Sendable {
    /// The pieces and the milliseconds to wait before each.
    public var pieces: [(pause: Int, bytes: [UInt8])] = []

    /// Bytes as they are sent, head and all.
    public init(raw bytes: [UInt8]) { pieces = [(0, bytes)] }

    /// An answer with its length, unless `headers` says another or `length` is nil.
    public init(
      _ status: Int = 200, headers: [(String, String)] = [], body: [UInt8] = [],
      announcing length: Int? = -1
    ) {
      var head = "HTTP/1.1 \(status) Said\r\nConnection: close\r\n"
      for (name, value) in headers { head += "\(name): \(value)\r\n" }
      if let length { head += "Content-Length: \(length < 0 ? body.count : length)\r\n" }
      pieces = [(0, Array((head + "\r\n").utf8)), (0, body)]
    }
  }

  /// The port.
  public let port: Int
  private let socket: Int32
  private let log = Mutex<[Request]>([])
  private let answer: @Sendable (Request) -> Reply

  /// Starts to listen.
  ///
  /// - Parameter answer: Says what is answered; it is called on threads of the server's own.
  /// - Throws: `TestSupportError` if nobody can listen.
  public init(answering answer: @escaping @Sendable (Request) -> Reply) throws {
    self.answer = answer
    signal(SIGPIPE, SIG_IGN)
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let status = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(socket, address, length) | listen(socket, 64) | getsockname(socket, address, &length)
      }
    }
    guard socket >= 0, status == 0 else { throw TestSupportError("no port on loopback") }
    port = Int(UInt16(bigEndian: address.sin_port))
    start { [weak self] in Self.accept(socket, for: { self }) }
  }

  deinit {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  /// Where the server is.
  public var address: String { "http://127.0.0.1:\(port)" }

  /// What was asked so far.
  public var requests: [Request] { log.withLock { $0 } }

  // MARK: - Connections

  private static func accept(_ socket: Int32, for server: () -> LocalServer?) {
    while true {
      let connection = Glibc.accept(socket, nil, nil)
      guard connection >= 0, let server = server() else {
        if connection >= 0 { close(connection) }
        return
      }
      start { [answer = server.answer] in
        defer { close(connection) }
        guard let request = read(connection) else { return }
        server.log.withLock { $0.append(request) }
        send(answer(request), isHead: request.method == "HEAD", to: connection)
      }
    }
  }

  private static func read(_ connection: Int32) -> Request? {
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while !text.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0, text.count < 1 << 20 else { return nil }
      text += chunk[..<count]
    }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
    }
    return Request(method: String(words[0]), path: String(words[1]), headers: headers)
  }

  private static func send(_ reply: Reply, isHead: Bool, to connection: Int32) {
    for (pause, bytes) in isHead ? Array(reply.pieces.prefix(1)) : reply.pieces {
      if pause > 0 { usleep(UInt32(pause) * 1_000) }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
          Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }
    shutdown(connection, Int32(SHUT_WR))
    // What was not read yet must not turn the end into a reset that loses the last bytes.
    var chunk = [UInt8](repeating: 0, count: 256)
    while recv(connection, &chunk, chunk.count, 0) > 0 {}
  }
}

/// Runs something on a thread of its own.
private func start(_ body: @escaping @Sendable () -> Void) {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let box = Unmanaged.passRetained(Box(body))
  pthread_create(
    &thread, nil,
    { context in
      guard let context else { return nil }
      Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
      return nil
    }, box.toOpaque())
  pthread_detach(thread)
}
