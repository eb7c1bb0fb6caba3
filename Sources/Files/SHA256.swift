/// The SHA-256 digest of a sequence of bytes, computed piece by piece by the system's libcrypto.
package final class SHA256 {
  /// A finished digest: 32 bytes, equal for equal bytes.
  package struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The digest's 32 bytes.
    package let bytes: [UInt8]

    /// The 64 hexadecimal digits, in lower case.
    package var hex: String { MessageDigest.hex(bytes) }

    package var description: String { hex }
  }

  private let digest = MessageDigest(.sha256)

  /// Starts a digest of no bytes yet.
  package init() {}

  /// Adds bytes behind those that were added before.
  package func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

  /// Adds bytes behind those that were added before.
  package func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Returns the digest of all bytes added; more cannot be added afterwards.
  package func finish() -> Digest { Digest(bytes: digest.finish()) }

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
