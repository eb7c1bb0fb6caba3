/// The name that git gives to a file's contents: the SHA-1 digest of its size and its bytes, computed
/// piece by piece by the system's libcrypto.
///
/// It finds damage; unlike SHA-256 it does not keep out who wants to be taken for another.
package final class GitBlobSum {
  private let digest = MessageDigest(.sha1)

  /// Starts the name of a file that has as many bytes.
  package init(byteCount: UInt64) { update(Array("blob \(byteCount)\0".utf8)) }

  /// Adds bytes behind those that were added before.
  package func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { digest.update($0) } }

  /// Returns the 40 hexadecimal digits of the name; more cannot be added afterwards.
  package func finish() -> String { MessageDigest.hex(digest.finish()) }
}
