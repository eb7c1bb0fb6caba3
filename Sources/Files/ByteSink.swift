/// Where a stream of bytes goes.
package protocol ByteSink: AnyObject {
  /// Takes the next bytes of the stream; they need not stay valid after the call.
  ///
  /// - Throws: Whatever keeps the sink from taking them.
  func write(_ bytes: UnsafeRawBufferPointer) throws
}

extension ByteSink {
  /// Takes the next bytes of the stream.
  ///
  /// - Throws: Whatever keeps the sink from taking them.
  package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
}
