/// How far a download is.
package struct HubProgress: Equatable, Sendable {
  /// The file.
  package let file: String
  /// The bytes that are here.
  package let done: UInt64
  /// The bytes of the whole file; nil while another process downloads it.
  package let total: UInt64?
}
