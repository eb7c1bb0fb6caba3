import Diagnostics
import HTTP
import TestSupport
import Testing

struct HTTPConnectionTests {
  private final class Body { var bytes: [UInt8] = [] }

  private func ask(
    _ server: LocalServer, _ path: String = "/x", isHead: Bool = false, limit: UInt64 = 1 << 20,
    patience: HTTPConnection.Patience = .init(), headers: [(String, String)] = []
  ) throws -> (HTTPResponse, [UInt8]) {
    var request = HTTPRequest(
      try #require(HTTPAddress(server.address + path)), isHead: isHead)
    request.headers = headers.map { (name: $0.0, value: $0.1) }
    let body = Body()
    let response = try HTTPConnection(patience: patience).send(request, bodyLimit: limit) {
      body.bytes += $1
    }
    return (response, body.bytes)
  }

  private func problem(
    of reply: LocalServer.Reply, limit: UInt64 = 1 << 20,
    patience: HTTPConnection.Patience = .init()
  ) throws -> HTTPError.Problem? {
    let server = try LocalServer { _ in reply }
    do {
      _ = try ask(server, limit: limit, patience: patience)
      return nil
    } catch let error as HTTPError {
      #expect(error.address == server.address + "/x" && error.exitCode == .unavailable)
      return error.problem
    }
  }

  @Test func headAndBodyArrive() throws {
    let server = try LocalServer { request in
      .init(206, headers: [("X-Said", " \(request.headers["x-asked"] ?? "") ")], body: [1, 2, 3])
    }
    let (response, body) = try ask(server, headers: [("X-Asked", "this")])
    #expect(response.status == 206 && body == [1, 2, 3])
    #expect(response["x-said"] == "this" && response.byteCount("Content-Length") == 3)
    #expect(server.requests.map(\.method) == ["GET"])
    let (head, nothing) = try ask(server, isHead: true)
    #expect(head.byteCount("content-length") == 3 && nothing.isEmpty)
  }

  @Test func onlyTheLastHeadCounts() throws {
    let server = try LocalServer { _ in
      .init(
        raw: Array(
          ("HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nX-Late: 2\r\nContent-Length: 1\r\n\r\na").utf8))
    }
    let (response, body) = try ask(server)
    #expect(response.status == 200 && body == [UInt8(ascii: "a")])
    #expect(response["x-early"] == nil && response["x-late"] == "2")
  }

  @Test func redirectsAreNotFollowed() throws {
    let server = try LocalServer { _ in .init(302, headers: [("Location", "/elsewhere")]) }
    #expect(try ask(server).0.status == 302)
    #expect(server.requests.map(\.path) == ["/x"])
  }

  @Test func nothingIsUnpacked() throws {
    let packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let server = try LocalServer { _ in .init(headers: [("Content-Encoding", "gzip")], body: packed)
    }
    #expect(try ask(server).1 == packed)
    #expect(server.requests.first?.headers["accept-encoding"] == nil)
  }

  @Test func shortAnswersAreNoticed() throws {
    #expect(try problem(of: .init(body: [1, 2], announcing: 3)) == .endsEarly)
  }

  @Test func longAnswersAreCutOff() throws {
    let large = [UInt8](repeating: 7, count: 300_000)
    #expect(try problem(of: .init(body: large), limit: 1_000) == .tooLarge(limit: 1_000))
    let heads = (0..<9).map { ("X-\($0)", String(repeating: "h", count: 60_000)) }
    switch try problem(of: .init(headers: heads)) {
    case .tooLarge, .connection: break
    case let other: Issue.record("540,000 bytes of headers: \(String(describing: other))")
    }
  }

  @Test func silenceAndDripsEnd() throws {
    var patience = HTTPConnection.Patience()
    patience.slowSeconds = 1
    var silent = LocalServer.Reply(body: [1])
    silent.pieces[0].pause = 5_000
    #expect(try problem(of: silent, patience: patience) == .tooSlow(seconds: 1))
    var dripping = LocalServer.Reply(announcing: 1_000)
    dripping.pieces += (0..<50).map { _ in (100, [UInt8(1)]) }
    #expect(try problem(of: dripping, patience: patience) == .tooSlow(seconds: 1))
  }

  @Test func whatIsNoAnswerIsRefused() throws {
    for raw in ["", "SSH-2.0-x\r\n", "HTTP/1.1\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n"] {
      guard case .connection = try problem(of: .init(raw: Array(raw.utf8))) else {
        Issue.record("'\(raw)' is taken for an answer")
        continue
      }
    }
  }

  @Test func nobodyThereIsTold() throws {
    let address: String
    do { address = try LocalServer { _ in .init() }.address }
    let request = HTTPRequest(try #require(HTTPAddress(address)))
    #expect {
      try HTTPConnection().send(request, bodyLimit: 1) { _, _ in }
    } throws: { error in
      (error as? HTTPError)?.isTransient == true && "\(error)".hasPrefix(address)
    }
  }

  @Test func theTakersErrorEndsTheTransferAndComesBack() throws {
    struct Full: Error {}
    let server = try LocalServer { _ in .init(body: [1]) }
    let request = HTTPRequest(try #require(HTTPAddress(server.address)))
    let connection = HTTPConnection()
    #expect(throws: Full.self) {
      try connection.send(request, bodyLimit: 9) { _, _ in throw Full() }
    }
    #expect(throws: Full.self) {
      try connection.send(request, bodyLimit: 9, beat: { throw Full() }) { _, _ in }
    }
    #expect(try connection.send(request, bodyLimit: 9) { _, _ in }.status == 200)
  }
}
