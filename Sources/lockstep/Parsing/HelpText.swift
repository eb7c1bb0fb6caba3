/// Lays the help of a command out in 80 columns.
struct HelpText {
  private static let width = 80
  private static let helpColumn = 29

  private var lines: [String] = []

  /// The help of one command.
  static func text<Described: Command>(of command: Described.Type) -> String {
    var help = HelpText()
    help.add(paragraph: command.summary + ".")
    help.lines.append("")
    for line in command.usage { help.lines.append("  lockstep \(command.name)\(line)") }
    for group in command.optionGroups {
      help.lines.append("")
      help.lines.append(group.title)
      for option in group.options {
        let several = option.takesSeveral ? "…" : ""
        let name = "--" + option.name + (option.placeholder.map { " " + $0 + several } ?? "")
        help.add(term: name, explanation: option.help)
      }
    }
    for note in command.notes {
      help.lines.append("")
      help.add(paragraph: note)
    }
    return help.lines.joined(separator: "\n") + "\n"
  }

  /// The list of commands.
  static func overview(of commands: [any Command.Type]) -> String {
    var help = HelpText()
    help.add(
      paragraph: "Train masked language models, alone or on MPI ranks, to the same bits.")
    help.lines.append("")
    help.lines.append("  lockstep COMMAND [options]")
    help.lines.append("  mpirun -n 4 lockstep train [options]")
    help.lines.append("")
    help.lines.append("Commands")
    for command in commands where !command.isHidden {
      help.add(term: command.name, explanation: command.summary)
    }
    help.lines.append("")
    help.add(paragraph: "'lockstep help COMMAND' lists a command's options.")
    return help.lines.joined(separator: "\n") + "\n"
  }

  private mutating func add(paragraph: String) {
    lines += Self.wrapped(paragraph, to: Self.width)
  }

  private mutating func add(term: String, explanation: String) {
    let indent = String(repeating: " ", count: Self.helpColumn)
    var explained = Self.wrapped(explanation, to: Self.width - Self.helpColumn)[...]
    let start = "  " + term
    if start.count < Self.helpColumn, let first = explained.popFirst() {
      lines.append(start + String(repeating: " ", count: Self.helpColumn - start.count) + first)
    } else {
      lines.append(start)
    }
    lines += explained.map { indent + $0 }
  }

  private static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + (line.isEmpty ? [] : [line])
  }
}
