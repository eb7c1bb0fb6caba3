import HTTP
import Testing

struct HTTPAddressTests {
  @Test func originsAreComparedAsServersAre() throws {
    let plain = try #require(HTTPAddress("https://Hub.example/a/b?c=d"))
    #expect(plain.origin == HTTPAddress("https://hub.example:443/other")?.origin)
    for other in ["http://hub.example", "https://hub.example:444", "https://hub.example.org"] {
      #expect(try #require(HTTPAddress(other)).origin != plain.origin)
    }
    #expect(plain.shown == "https://hub.example/a/b")
    #expect(HTTPAddress("http://[::1]:8080/x")?.shown == "http://[::1]:8080/x")
  }

  @Test(arguments: [
    "", "hub.example", "file:///etc/passwd", "ftp://hub.example", "https://", "https://user@hub",
    "https://user:word@hub.example/", "https://hub.example:99999/", "https://hub example/",
    "https://hub.example/\r\nX: y", "https://[bad", "javascript:alert(1)",
  ])
  func whatIsNoAddressIsRefused(_ text: String) { #expect(HTTPAddress(text) == nil) }

  @Test(arguments: [
    ("/c", "https://hub.example/c"), ("c", "https://hub.example/a/c"),
    ("//cdn.example/c", "https://cdn.example/c"), ("http://cdn.example", "http://cdn.example/"),
    ("?q=1", "https://hub.example/a/b?q=1"), ("../../../c", "https://hub.example/c"),
  ])
  func locationsAreResolved(_ location: String, expected: String) {
    #expect(HTTPAddress("https://hub.example/a/b")?.resolving(location)?.text == expected)
  }

  @Test(arguments: [
    "//%00/", "//[bad", "file:///etc/passwd", "ftp://x/", "https://user@x/", "//", "http://",
    "https://x\u{0}y/", "gopher://x/",
  ])
  func hostileLocationsLeadNowhere(_ location: String) {
    #expect(HTTPAddress("https://hub.example/a/b")?.resolving(location) == nil)
  }

  @Test func thisMachineAndItsLinkAreKnown() throws {
    for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "2130706433", "0x7f.1"] {
      #expect(try #require(HTTPAddress("http://\(host)/")).origin.isLoopback, "\(host)")
    }
    #expect(try #require(HTTPAddress("http://169.254.169.254/")).origin.isLinkLocal)
    let other = try #require(HTTPAddress("http://hub.example/")).origin
    #expect(!other.isLoopback && !other.isLinkLocal)
  }
}
