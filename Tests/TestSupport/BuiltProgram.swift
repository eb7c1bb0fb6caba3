import Glibc

/// The path of a program of this package, built together with the running tests.
///
/// - Throws: `TestSupportError` if it is not there.
public func builtProgram(_ name: String) throws -> String {
  var buffer = [CChar](repeating: 0, count: 4_096)
  let length = readlink("/proc/self/exe", &buffer, buffer.count)
  guard length > 0 else { throw TestSupportError("the path of the test bundle is unknown") }
  let bundle = String(
    decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
  guard let slash = bundle.lastIndex(of: "/") else {
    throw TestSupportError("\(bundle) lies in no folder")
  }
  let program = bundle[...slash] + name
  guard access(String(program), X_OK) == 0 else {
    throw TestSupportError("\(program) is not built: run 'swift build -c release' first")
  }
  return String(program)
}
