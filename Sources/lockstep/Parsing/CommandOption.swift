/// One `--name` that a command takes.
struct CommandOption<Values> {
  /// The name without its dashes.
  let name: String
  /// What stands for the value in the help, or nil for a flag.
  let placeholder: String?
  /// Whether several values may follow one name.
  let takesSeveral: Bool
  /// What the option does and what holds without it.
  let help: String
  /// Puts the value in its place and returns what is wrong with it, or nil.
  let accept: (inout Values, String) -> String?

  var takesValue: Bool { placeholder != nil }
}

extension CommandOption {
  private init(
    _ name: String, _ placeholder: String?, takesSeveral: Bool = false, _ help: String,
    accept: @escaping (inout Values, String) -> String?
  ) {
    self.name = name
    self.placeholder = placeholder
    self.takesSeveral = takesSeveral
    self.help = help
    self.accept = accept
  }

  static func flag(
    _ name: String, _ place: WritableKeyPath<Values, Bool>, _ help: String
  ) -> Self {
    Self(name, nil, help) { values, _ in
      values[keyPath: place] = true
      return nil
    }
  }

  static func text(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, String>, _ help: String
  ) -> Self {
    single(name, placeholder, place, help, unread: "is empty", read: filled)
  }

  static func text(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, String?>, _ help: String
  ) -> Self {
    single(name, placeholder, place, help, unread: "is empty") { filled($0).map(Optional.some) }
  }

  static func texts(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, [String]>,
    _ help: String
  ) -> Self {
    Self(name, placeholder, takesSeveral: true, help) { values, text in
      guard let text = filled(text) else { return "is empty" }
      values[keyPath: place].append(text)
      return nil
    }
  }

  static func integer(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, Int>, _ help: String
  ) -> Self {
    single(name, placeholder, place, help, unread: "is not a whole number") { Int($0) }
  }

  static func integer(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, Int?>, _ help: String
  ) -> Self {
    single(name, placeholder, place, help, unread: "is not a whole number") {
      Int($0).map(Optional.some)
    }
  }

  static func seed(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, UInt64>, _ help: String
  ) -> Self {
    single(
      name, placeholder, place, help, unread: "is not a whole number from 0 to \(UInt64.max)"
    ) { UInt64($0) }
  }

  static func number(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, Double>, _ help: String
  ) -> Self {
    single(name, placeholder, place, help, unread: "is not a number", read: decimal)
  }

  static func number(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, Double?>, _ help: String
  ) -> Self {
    single(name, placeholder, place, help, unread: "is not a number") {
      decimal($0).map(Optional.some)
    }
  }

  /// An option with one value, which `read` makes of the text; nil means what `unread` says.
  private static func single<Value>(
    _ name: String, _ placeholder: String, _ place: WritableKeyPath<Values, Value>, _ help: String,
    unread: String, read: @escaping (String) -> Value?
  ) -> Self {
    Self(name, placeholder, help) { values, text in
      guard let value = read(text) else { return unread }
      values[keyPath: place] = value
      return nil
    }
  }
}

private func filled(_ text: String) -> String? { text.isEmpty ? nil : text }

/// A finite number in decimal notation; `Double` alone would take `nan`, `inf` and hexadecimal.
private func decimal(_ text: String) -> Double? {
  guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text),
    value.isFinite
  else { return nil }
  return value
}

/// Options that the help shows under one heading.
struct OptionGroup<Values> {
  let title: String
  let options: [CommandOption<Values>]

  init(_ title: String, _ options: [CommandOption<Values>]) {
    self.title = title
    self.options = options
  }
}
