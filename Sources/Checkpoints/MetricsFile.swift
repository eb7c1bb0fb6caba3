package import Files

/// The metrics of a run, one JSON object a line, each step's lines once however often the run was resumed.
package final class MetricsFile {
  private let file: AppendedFile
  private var waiting: [UInt8] = []

  /// Opens the file, creating it if there is none, and moves what a run that is resumed will write again,
  /// and lines that are no JSON objects, to a file beside it with `.lost` behind its name.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - lastStep: The step that the run has reached: lines whose `step` is larger are moved away. A new
  ///     run has reached step 0.
  /// - Throws: `FileError`.
  package init(_ path: String, keepingThrough lastStep: Int) throws {
    if try File.kind(of: path) != nil {
      var kept: [UInt8] = []
      var lost: [UInt8] = []
      let bytes = try File.read(path)
      for line in bytes.split(separator: 0x0A) {
        let object = try? JSON.parse(Array(line), file: path).object
        let isKept = object.map { $0["step"]?.int ?? 0 <= lastStep } ?? false
        if isKept { kept += line + [0x0A] } else { lost += line + [0x0A] }
      }
      if !lost.isEmpty {
        // First to where it is kept, then away from here: a crash in between loses no line.
        let lostFile = try AppendedFile(path + ".lost")
        try lostFile.append(lost)
        try lostFile.synchronize()
      }
      if kept != bytes { try File.replaceDurably(path, with: kept) }
    }
    file = try AppendedFile(path)
  }

  /// Adds a line, together with those that found no room before: all of them, or nothing.
  ///
  /// - Parameter metrics: An object; its `step` says after which step it was measured.
  /// - Throws: `FileError`; the line is kept and written with the next one.
  package func append(_ metrics: JSON) throws {
    waiting += metrics.serialized() + [0x0A]
    try flush()
  }

  /// Writes the lines that found no room before.
  ///
  /// - Throws: `FileError`; they are still kept.
  package func flush() throws {
    guard !waiting.isEmpty else { return }
    try file.append(waiting)
    waiting = []
  }
}
