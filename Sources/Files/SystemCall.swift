import Glibc

/// Calls `body` again for as long as a signal interrupts it, and throws what else the system says.
@discardableResult
func retrying<Value: SignedInteger>(
  _ operation: FileError.Operation, _ path: String, _ body: () -> Value
) throws -> Value {
  while true {
    let result = body()
    if result >= 0 { return result }
    let number = errno
    if number != EINTR { throw FileError.system(operation, path: path, number: number) }
  }
}

/// The most bytes that one read or write asks for; Linux transfers at most 0x7ffff000 at once.
let transferLimit = 64 << 20
