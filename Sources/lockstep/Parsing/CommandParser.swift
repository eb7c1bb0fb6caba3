/// Reads one command's options and operands, collecting every problem instead of stopping at the first.
struct CommandParser<Parsed: Command> {
  private var command = Parsed()
  private var problems: [String] = []
  private let options = Parsed.optionGroups.flatMap(\.options)

  /// Returns the command that the words ask for.
  ///
  /// - Parameter words: the command line after the command's name.
  /// - Returns: the command with its values.
  /// - Throws: `UsageError` with everything that is wrong.
  static func parse(_ words: [String]) throws -> Parsed {
    var parser = CommandParser()
    parser.read(words)
    parser.problems += parser.command.problems()
    guard parser.problems.isEmpty else {
      throw UsageError(
        problems: parser.problems, command: Parsed.name == HelpCommand.name ? nil : Parsed.name)
    }
    return parser.command
  }

  private mutating func read(_ words: [String]) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        rest.forEach { operand($0) }
        return
      }
      guard word.hasPrefix("-"), word != "-" else {
        operand(word)
        continue
      }
      let name = word.prefix { $0 != "=" }
      let inlineValue = name.endIndex < word.endIndex ? word[name.endIndex...].dropFirst() : nil
      guard let option = options.first(where: { "--" + $0.name == name }) else {
        unknown(String(name), isFollowedBy: &rest, hasInlineValue: inlineValue != nil)
        continue
      }
      read(option, inlineValue.map(String.init), &rest)
    }
  }

  private mutating func read(
    _ option: CommandOption<Parsed>, _ inlineValue: String?, _ rest: inout ArraySlice<String>
  ) {
    guard option.takesValue else {
      if let inlineValue {
        problems.append("--\(option.name) takes no value: found '\(inlineValue)'")
      } else {
        accept("", for: option)
      }
      return
    }
    if let inlineValue {
      accept(inlineValue, for: option)
      return
    }
    guard let value = rest.first, !isOption(value) else {
      problems.append(
        "--\(option.name) needs a value: --\(option.name) \(option.placeholder ?? "")")
      return
    }
    repeat {
      accept(rest.removeFirst(), for: option)
    } while option.takesSeveral && rest.first.map { !isOption($0) } ?? false
  }

  private mutating func accept(_ value: String, for option: CommandOption<Parsed>) {
    if let problem = option.accept(&command, value) {
      problems.append("--\(option.name) \(value): \(problem)")
    }
  }

  private mutating func operand(_ word: String) {
    if let problem = command.accept(operand: word) { problems.append(problem) }
  }

  private mutating func unknown(
    _ name: String, isFollowedBy rest: inout ArraySlice<String>, hasInlineValue: Bool
  ) {
    let names = options.map(\.name) + ["help"]
    let foreign = Parsed.foreignOptions.first { "--" + $0.name == name.replacing("_", with: "-") }
    problems.append(
      "\(name) is not an option of 'lockstep \(Parsed.name)'"
        + (foreign.map { ": " + $0.advice } ?? suggestionText(for: name, among: names, prefix: "--"))
    )
    // What follows was most likely its value: complaining about it as well would only confuse.
    if !hasInlineValue {
      while let next = rest.first, !isOption(next) { rest.removeFirst() }
    }
  }

  /// Whether a word is an option and not a value; a negative number is a value.
  private func isOption(_ word: String) -> Bool {
    word.hasPrefix("-") && word != "-" && Double(word) == nil
  }
}
