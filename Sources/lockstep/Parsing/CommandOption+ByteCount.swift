extension CommandOption {
  /// A size in bytes, spelled as Transformers takes it: `500MB`, `5GB`, `1GiB` or a number of bytes.
  static func byteCount(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, Int?>, _ help: String
  ) -> Self {
    Self(name: name, placeholder: placeholder, takesSeveral: false, help: help) { values, text in
      guard let count = byteCount(text) else {
        return "is not a size: give a number of bytes, or one with KB, MB, GB, KiB, MiB or GiB"
      }
      values[keyPath: place] = count
      return nil
    }
  }

  private static func byteCount(_ text: String) -> Int? {
    let units = [
      ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("KB", 1_000), ("MB", 1_000_000),
      ("GB", 1_000_000_000),
    ]
    let spelled = text.uppercased()
    let unit = units.first { spelled.hasSuffix($0.0) }
    guard let number = Int(spelled.dropLast(unit?.0.count ?? 0)), number > 0 else { return nil }
    let (count, overflow) = number.multipliedReportingOverflow(by: unit?.1 ?? 1)
    return overflow ? nil : count
  }
}
