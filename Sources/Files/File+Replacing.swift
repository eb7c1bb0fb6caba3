import Glibc

extension File {
  /// What the names of unfinished files and folders begin with.
  package static let temporaryPrefix = ".tmp-"
  /// What the names of files and folders begin with that are being removed.
  package static let trashPrefix = ".trash-"

  /// A name for an unfinished file or folder that no other has.
  package static func temporaryName(
    for purpose: String, prefix: String = temporaryPrefix
  ) -> String {
    "\(prefix)\(purpose)-\(String(UInt64.random(in: .min ... .max), radix: 16))"
  }

  /// Puts a file in place of the one at `path` so that at every instant, even if the power fails, either
  /// the old or the new bytes are there as a whole.
  ///
  /// - Throws: `FileError.system`; the old file is untouched then, and nothing is left beside it.
  package static func replaceDurably(_ path: String, with bytes: [UInt8]) throws {
    try replaceDurably(path) { try $0.write(bytes) }
  }

  /// Puts a file in place of the one at `path`, as for bytes that are there already.
  ///
  /// - Parameters:
  ///   - path: The place.
  ///   - beat: Called between pieces of what is written, to tell others that the work goes on.
  ///   - write: Writes the new file.
  /// - Throws: `FileError.system`, what `beat` or `write` throws; the old file is untouched then, and
  ///   nothing is left beside it.
  package static func replaceDurably(
    _ path: String, beat: @escaping () throws -> Void = {}, write: (any ByteSink) throws -> Void
  ) throws {
    let temporary = Folder.parent(of: path) + "/" + temporaryName(for: "file")
    let writer = try DurableWriter(creating: temporary, beat: beat)
    try write(writer)
    try writer.commit()
    do {
      try rename(temporary, to: path)
    } catch {
      try? remove(temporary)
      throw error
    }
    try Folder.synchronize(Folder.parent(of: path))
  }

  /// Puts a file or folder in place of what is at `path`, if anything is, so that at every instant one of
  /// the two is there; where the system cannot exchange two paths, there is nothing for a moment.
  ///
  /// - Parameters:
  ///   - path: The place.
  ///   - replacement: What shall be there, in the same folder.
  /// - Returns: The path where that lies now which was there, nil if nothing was.
  /// - Throws: `FileError.system`.
  package static func replace(_ path: String, with replacement: String) throws -> String? {
    do {
      try exchange(path, with: replacement)
      return replacement
    } catch let error as FileError where error.number == ENOENT {
      try rename(replacement, to: path)
      return nil
    } catch let error as FileError where error.number == ENOSYS || error.number == EINVAL {
      let displaced = Folder.parent(of: path) + "/" + temporaryName(for: "displaced")
      let isThere = (try? rename(path, to: displaced)) != nil
      try rename(replacement, to: path)
      return isThere ? displaced : nil
    }
  }

  /// Lets two existing paths of one file system change places in one instant.
  ///
  /// - Throws: `FileError.system`, with ENOSYS or EINVAL where the system cannot do it.
  package static func exchange(_ path: String, with other: String) throws {
    typealias Renameat2 =
      @convention(c) (
        CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt
      ) -> CInt
    // Glibc's overlay does not import this GNU function.
    guard let symbol = dlsym(nil, "renameat2") else {
      throw FileError.system(.exchange, path: path, number: ENOSYS)
    }
    let renameat2 = unsafeBitCast(symbol, to: Renameat2.self)
    let exchangeFlag: CUnsignedInt = 2
    try retrying(.exchange, path) { renameat2(AT_FDCWD, path, AT_FDCWD, other, exchangeFlag) }
  }

  /// Links a file under a second name, or copies it where the file system cannot.
  ///
  /// - Throws: `FileError`.
  package static func linkOrCopy(_ path: String, to newPath: String) throws {
    do {
      try link(path, to: newPath)
    } catch let error as FileError
      where [EPERM, EXDEV, EMLINK, EOPNOTSUPP, ENOSYS].contains(error.number)
    {
      try copy(path, to: newPath)
    }
  }
}
