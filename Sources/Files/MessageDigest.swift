import CCrypto

/// A digest that the system's libcrypto computes piece by piece.
final class MessageDigest {
  /// The digests that are in use.
  enum Algorithm {
    case sha1, sha256

    fileprivate var byteCount: Int { self == .sha1 ? 20 : 32 }
    fileprivate var implementation: OpaquePointer? { self == .sha1 ? EVP_sha1() : EVP_sha256() }
  }

  private let algorithm: Algorithm
  private let context: OpaquePointer

  /// Starts a digest of no bytes yet.
  ///
  /// - Precondition: libcrypto offers the algorithm, as every build of it does.
  init(_ algorithm: Algorithm) {
    guard let context = EVP_MD_CTX_new(),
      EVP_DigestInit_ex(context, algorithm.implementation, nil) == 1
    else { preconditionFailure("libcrypto offers no \(algorithm)") }
    self.algorithm = algorithm
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes behind those that were added before.
  func update(_ bytes: UnsafeRawBufferPointer) {
    let done = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(done == 1, "a digest is fed after it was finished")
  }

  /// Returns the digest of all bytes added; more cannot be added afterwards.
  func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: algorithm.byteCount) { buffer, count in
      let done = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      precondition(done == 1, "a digest is finished twice")
      count = algorithm.byteCount
    }
  }

  /// The hexadecimal digits of a digest, in lower case.
  static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
