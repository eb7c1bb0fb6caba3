import Files

/// The file that makes a folder a checkpoint: it names every other file with size and digest, and its own
/// digest comes last.
enum CheckpointManifest {
  static let fileName = "MANIFEST.json"
  static let format = 1

  /// Why a manifest cannot be used.
  struct Failure: Error {
    let expected: String
    let found: String
  }

  /// Spells the manifest of a checkpoint.
  static func write(step: Int, pieces: [Checkpoint.Piece], state: JSON) -> (
    bytes: [UInt8], digest: String
  ) {
    var manifest = JSONObject([
      ("format", JSON(format)), ("step", JSON(step)),
      (
        "files",
        JSON(
          pieces.map { piece in
            ["name": JSON(piece.name), "size": JSON(piece.byteCount), "sha256": JSON(piece.sha256)]
          })
      ),
      ("state", state),
    ])
    let digest = SHA256.digest(of: JSON.object(manifest).serialized()).hex
    manifest["sha256"] = JSON(digest)
    return (JSON.object(manifest).serialized(pretty: true) + [0x0A], digest)
  }

  /// Reads the manifest of a checkpoint's folder.
  ///
  /// - Returns: The checkpoint, or what is wrong with its manifest.
  /// - Throws: `CheckpointError.newerFormat`; `FileError` if the system keeps us from reading.
  static func read(_ folder: String) throws -> Result<Checkpoint, Failure> {
    let path = "\(folder)/\(fileName)"
    do {
      var manifest = try JSONCursor.read(path).object()
      let recorded = manifest["sha256"]?.text
      manifest["sha256"] = nil
      let digest = SHA256.digest(of: JSON.object(manifest).serialized()).hex
      guard recorded == digest else {
        return .failure(Failure(expected: recorded ?? "a digest", found: digest))
      }
      // Every format ends with its own digest, so a damaged number is not taken for a newer format.
      let format = try JSONCursor(.object(manifest), file: path).int("format")
      guard format <= Self.format else {
        throw CheckpointError.newerFormat(manifest: path, format: format, known: Self.format)
      }
      return .success(
        try checkpoint(
          of: JSONCursor(.object(manifest), file: path), folder: folder, digest: digest))
    } catch let error as JSONError {
      return .failure(Failure(expected: "a manifest", found: "\(error)"))
    } catch let error as FileError where error.isAboutTheFileItself {
      return .failure(Failure(expected: "a manifest", found: "\(error)"))
    }
  }

  private static func checkpoint(
    of manifest: JSONCursor, folder: String, digest: String
  ) throws -> Checkpoint {
    let pieces = try manifest.elements("files").map { file in
      let name = try file.member("name")
      guard isFileName(try name.string()) else { throw name.mismatch(expected: "a file name") }
      let size = try file.member("size")
      guard let byteCount = UInt64(exactly: try size.int()) else {
        throw size.mismatch(expected: "a size in bytes")
      }
      return Checkpoint.Piece(
        name: try name.string(), byteCount: byteCount, sha256: try file.string("sha256"))
    }
    return Checkpoint(
      step: try manifest.int("step"), folder: folder, pieces: pieces,
      state: try manifest.member("state").value, digest: digest)
  }

  /// Whether a piece may have this name: one that stays in its folder and collides with nothing there.
  static func isFileName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    return !bytes.isEmpty && bytes.count <= 255 && bytes[0] != UInt8(ascii: ".") && name != fileName
      && !bytes.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 }
  }
}
