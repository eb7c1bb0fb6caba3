import CCrypto

/// The SHA-256 digest of a sequence of bytes, computed piece by piece by the system's libcrypto.
package final class SHA256 {
  /// A finished digest: 32 bytes, equal for equal bytes.
  package struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The digest's 32 bytes.
    package let bytes: [UInt8]

    /// The 64 hexadecimal digits, in lower case.
    package var hex: String {
      let digits = Array("0123456789abcdef".utf8)
      return String(
        decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    package var description: String { hex }
  }

  private let context: OpaquePointer

  /// Starts a digest of no bytes yet.
  ///
  /// - Precondition: libcrypto offers SHA-256, as every build of it does.
  package init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("libcrypto offers no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes behind those that were added before.
  package func update(_ bytes: UnsafeRawBufferPointer) {
    let done = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(done == 1, "a digest is fed after it was finished")
  }

  /// Adds bytes behind those that were added before.
  package func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Returns the digest of all bytes added; more cannot be added afterwards.
  package func finish() -> Digest {
    let bytes = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      let done = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      precondition(done == 1, "a digest is finished twice")
      count = 32
    }
    return Digest(bytes: bytes)
  }

  /// Returns the digest of bytes in memory.
  package static func digest(of bytes: [UInt8]) -> Digest {
    let sum = SHA256()
    sum.update(bytes)
    return sum.finish()
  }

  /// Computes the digest of a regular file, read in pieces.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - fromDisk: Asks the system to forget what it holds of the file in memory first, so that what is
  ///     read is what lies on the disk.
  ///   - beat: Called after each piece of at most 8 MiB.
  /// - Returns: The digest.
  /// - Throws: `FileError`.
  package static func digest(
    ofFile path: String, fromDisk: Bool = false, beat: () throws -> Void = {}
  ) throws -> Digest {
    let file = try InputFile(path)
    if fromDisk { file.forgetCache() }
    let sum = SHA256()
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 8 << 20, alignment: 64)
    defer { piece.deallocate() }
    var offset: UInt64 = 0
    while offset < file.byteCount {
      let count = Int(min(UInt64(piece.count), file.byteCount - offset))
      let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<count])
      try file.read(into: part, at: offset)
      sum.update(UnsafeRawBufferPointer(part))
      offset += UInt64(count)
      try beat()
    }
    return sum.finish()
  }
}
