import Files
import Glibc
import HTTP
import Hub
import TestSupport
import Testing

struct HubSettingsTests {
  private func settings(_ variables: [String: String]) throws -> HubSettings {
    try HubSettings { variables[$0] }
  }

  @Test(arguments: [
    (["HOME": "/h"], "/h/.cache/huggingface/hub"),
    (["HOME": "/h", "XDG_CACHE_HOME": "/x"], "/x/huggingface/hub"),
    (["HOME": "/h", "XDG_CACHE_HOME": "/x", "HF_HOME": "~/f"], "/h/f/hub"),
    (["HF_HOME": "/f", "HUGGINGFACE_HUB_CACHE": "/old"], "/old"),
    (["HF_HOME": "/f", "HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "/c"], "/c"),
    (["HF_HOME": "/f", "HF_HUB_CACHE": ""], "/f/hub"),
  ])
  func theCacheIsWherePythonHasIt(variables: [String: String], cache: String) throws {
    #expect(try settings(variables).cache == cache)
  }

  @Test func withoutAnyFolderThereIsNoCache() {
    #expect(throws: HubError.noCache) { try settings([:]) }
  }

  @Test(arguments: ["1", "true", "ON", "Yes"])
  func offlineIsAsked(value: String) throws {
    #expect(try settings(["HOME": "/h", "HF_HUB_OFFLINE": value]).offlineVariable != nil)
    let found = try settings(["HOME": "/h", "TRANSFORMERS_OFFLINE": value]).offlineVariable
    #expect(found == "TRANSFORMERS_OFFLINE")
    let none = try settings(["HOME": "/h", "HF_HUB_OFFLINE": "0"]).offlineVariable
    #expect(none == nil)
  }

  @Test func theUsualHubIsTakenUnlessAnotherIsNamed() throws {
    #expect(try settings(["HOME": "/h"]).endpoint.origin.isSecure)
    let other = try settings(["HOME": "/h", "HF_ENDPOINT": "http://mirror.example:8080/hub/"])
    #expect(other.endpoint.text == "http://mirror.example:8080/hub/")
  }

  @Test(arguments: ["mirror.example", "ftp://mirror.example", "https://u:p@mirror.example", "//"])
  func otherHubsAreRefused(endpoint: String) {
    #expect(throws: HubError.endpoint(endpoint)) {
      try settings(["HOME": "/h", "HF_ENDPOINT": endpoint])
    }
  }

  @Test func tokensComeFromVariablesAndPrivateFiles() throws {
    let folder = try TemporaryFolder()
    try folder.write("hf_file\n", to: "token")
    chmod(folder.path("token"), 0o600)
    #expect(try settings(["HF_HOME": folder.path]).token == "hf_file")
    #expect(try settings(["HF_HOME": folder.path, "HF_TOKEN": " hf_own "]).token == "hf_own")
    #expect(
      try settings(["HF_HOME": "/none", "HF_TOKEN_PATH": folder.path("token")]).token == "hf_file")
    chmod(folder.path("token"), 0o644)
    let exposed = try settings(["HF_HOME": folder.path])
    #expect(exposed.token == nil && exposed.notes.count == 1)
    #expect(exposed.notes.first?.contains("chmod 600") == true)
    #expect(exposed.notes.first?.contains("hf_file") == false)
  }

  @Test(arguments: ["hf_a\r\nX: y", "hf a", "hf_\u{E9}"])
  func tokensThatWouldEndAHeaderAreRefusedAndNotShown(token: String) {
    #expect {
      try settings(["HOME": "/h", "HF_TOKEN": token])
    } throws: { error in
      error as? HubError == .token(source: "HF_TOKEN") && !"\(error)".contains("hf")
    }
  }

  @Test(arguments: [
    "org/model", "model", "bert-base-uncased", "a/b.c_d-e", "0/1",
  ])
  func names(_ text: String) { #expect(HubName(text)?.text == text) }

  @Test(arguments: [
    "", "/", "a/", "/a", "a/b/c", "../a", "a/..", "a b", "a--b", "a/b--c", "a..b/c", "-a", "a-",
    ".a/b", "a/b.", "a/b.git", "\u{E9}/a", "a/b\n", "a\\b", String(repeating: "a", count: 97),
  ])
  func whatIsNoName(_ text: String) { #expect(HubName(text) == nil) }

  @Test(arguments: ["main", "v1.0", "refs/pr/1", FakeHub.commit, "feature/x_y-z"])
  func revisions(_ text: String) { #expect(HubRevision(text)?.text == text) }

  @Test(arguments: [
    "", "/", "/main", "main/", "a//b", "..", "../../x", "a/../b", ".git", "a/.b", "a b", "a\\b",
    "a\u{0}", "a\n", "a?b", "a:b", String(repeating: "a", count: 256),
  ])
  func whatIsNoRevision(_ text: String) { #expect(HubRevision(text) == nil) }

  @Test func onlyTellingNamesAreLookedFor() throws {
    for text in ["org/model", "bert-base-uncased"] {
      #expect(try #require(HubName(text)).isTelling)
    }
    #expect(try !#require(HubName("tinny")).isTelling)
  }
}
