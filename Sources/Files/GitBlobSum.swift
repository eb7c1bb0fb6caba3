import CCrypto

/// The name that git gives to a file's contents: the SHA-1 digest of its size and its bytes, computed
/// piece by piece by the system's libcrypto.
///
/// It finds damage; unlike SHA-256 it does not keep out who wants to be taken for another.
package final class GitBlobSum {
  private let context: OpaquePointer

  /// Starts the name of a file that has as many bytes.
  ///
  /// - Precondition: libcrypto offers SHA-1, as every build of it does.
  package init(byteCount: UInt64) {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha1(), nil) == 1 else {
      preconditionFailure("libcrypto offers no SHA-1")
    }
    self.context = context
    update(Array("blob \(byteCount)\0".utf8))
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes behind those that were added before.
  package func update(_ bytes: [UInt8]) {
    let done = EVP_DigestUpdate(context, bytes, bytes.count)
    precondition(done == 1, "a digest is fed after it was finished")
  }

  /// Returns the 40 hexadecimal digits of the name; more cannot be added afterwards.
  package func finish() -> String {
    let bytes = [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
      let done = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      precondition(done == 1, "a digest is finished twice")
      count = 20
    }
    return SHA256.Digest(bytes: bytes).hex
  }
}
