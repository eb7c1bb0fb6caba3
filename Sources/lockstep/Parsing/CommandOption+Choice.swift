extension CommandOption {
  /// One of a few words; the help shows them all.
  static func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ place: WritableKeyPath<Values, Choice>, _ help: String
  ) -> Self {
    let names = Choice.allCases.map(\.rawValue)
    return Self(
      name: name, placeholder: names.joined(separator: "|"), takesSeveral: false, help: help
    ) { values, text in
      guard let value = Choice(rawValue: text) else {
        return "must be \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")"
      }
      values[keyPath: place] = value
      return nil
    }
  }
}
