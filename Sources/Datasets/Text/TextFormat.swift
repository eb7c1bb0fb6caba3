/// What the first bytes of a file say about its format.
enum TextFormat: Equatable {
  /// Nothing speaks against UTF-8, which begins after a byte order mark of so many bytes.
  case text(markBytes: Int)
  /// Text in 16 or 32 bits a character.
  case wideCharacters(encoding: String)
  /// A format that is not text, and what to do about it.
  case other(name: String, advice: String)

  /// How many bytes are enough to tell.
  static let headBytes = 4096

  init(head: [UInt8]) {
    for (magic, name, advice) in Self.formats where head.starts(with: magic) {
      self = .other(name: name, advice: advice)
      return
    }
    for (mark, encoding) in Self.marks where head.starts(with: mark) {
      self = .wideCharacters(encoding: encoding)
      return
    }
    if let encoding = Self.encodingByZeros(head) {
      self = .wideCharacters(encoding: encoding)
      return
    }
    self = .text(markBytes: head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
  }

  /// The format that a file's name stands for, if one has its text in fields, and how to take it out.
  static func fields(byNameOf path: String) -> (name: String, advice: String)? {
    let name = path.lowercased()
    return fieldFormats.first { format in format.endings.contains { name.hasSuffix($0) } }
      .map { ($0.name, $0.advice) }
  }

  private static let fieldFormats: [(endings: [String], name: String, advice: String)] = [
    ([".jsonl", ".ndjson"], "JSON lines", "jq -r .text FILE > NEWFILE.txt"),
    ([".json"], "JSON", "jq -r '.[].text' FILE > NEWFILE.txt"),
    (
      [".csv"], "a table",
      "python3 -c 'import csv, sys; [print(row[\"text\"]) for row in csv.DictReader(sys.stdin)]' "
        + "< FILE > NEWFILE.txt"
    ),
    ([".tsv"], "a table", "tail -n +2 FILE | cut -f 1 > NEWFILE.txt"),
  ]

  private static let formats: [(magic: [UInt8], name: String, advice: String)] = [
    ([0x1F, 0x8B], "a gzip archive", "unpack it first: gunzip FILE"),
    (Array("BZh".utf8), "a bzip2 archive", "unpack it first: bunzip2 FILE"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "an xz archive", "unpack it first: unxz FILE"),
    ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard archive", "unpack it first: unzstd FILE"),
    ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unpack it first: unzip FILE"),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive", "unpack it first"),
    (Array("PAR1".utf8), "a Parquet table", "export its text column to a file first"),
    (Array("ARROW1".utf8), "an Arrow table", "export its text column to a file first"),
    ([0x89, 0x48, 0x44, 0x46], "an HDF5 file", "export its text to a file first"),
    (Array("SQLite format 3\0".utf8), "an SQLite database", "export its text to a file first"),
    (Array("%PDF-".utf8), "a PDF document", "extract its text first: pdftotext FILE"),
    ([0x89, 0x50, 0x4E, 0x47], "a PNG image", "give a text file"),
    ([0xFF, 0xD8, 0xFF], "a JPEG image", "give a text file"),
    ([0x7F, 0x45, 0x4C, 0x46], "a program", "give a text file"),
  ]

  /// The longer marks first: that of UTF-32 begins like that of UTF-16.
  private static let marks: [(mark: [UInt8], encoding: String)] = [
    ([0xFF, 0xFE, 0x00, 0x00], "UTF-32LE"), ([0x00, 0x00, 0xFE, 0xFF], "UTF-32BE"),
    ([0xFF, 0xFE], "UTF-16LE"), ([0xFE, 0xFF], "UTF-16BE"),
  ]

  /// UTF-16 without a mark shows by zeros at every second place, of Western text at least.
  private static func encodingByZeros(_ head: [UInt8]) -> String? {
    guard head.count >= 4 else { return nil }
    var zeros = [0, 0]
    for (place, byte) in head.enumerated() where byte == 0 { zeros[place % 2] += 1 }
    let half = head.count / 2
    if zeros[1] * 10 > half * 7 && zeros[0] * 10 < half { return "UTF-16LE" }
    if zeros[0] * 10 > half * 7 && zeros[1] * 10 < half { return "UTF-16BE" }
    return nil
  }
}
