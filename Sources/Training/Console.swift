import Glibc

/// Where a run talks to its user: standard error, with one live line at its end if it is a terminal.
///
/// A console that cannot be written to (a closed terminal, a full disk) is silent: the run goes on.
public final class Console {
  /// Whether a live line can be shown.
  public let isTerminal: Bool
  private let write: (String) -> Void
  private let measureWidth: () -> Int
  private var liveLine = ""

  /// A console that writes through a closure.
  ///
  /// - Parameters:
  ///   - isTerminal: whether a line can be rewritten.
  ///   - width: the columns of a line, asked anew for each.
  ///   - write: takes what is to be shown.
  public init(
    isTerminal: Bool, width: @escaping () -> Int = { 80 }, write: @escaping (String) -> Void
  ) {
    self.isTerminal = isTerminal
    self.write = write
    measureWidth = width
  }

  /// The console of the process: standard error.
  public static func standardError() -> Console {
    Console(
      isTerminal: isatty(STDERR_FILENO) == 1, width: terminalWidth,
      write: { text in StandardStream.write(text, to: STDERR_FILENO) })
  }

  /// A console that shows nothing, for the ranks above 0.
  public static func silent() -> Console {
    Console(isTerminal: false, write: { _ in })
  }

  /// The columns that a line has.
  public var width: Int { measureWidth() }

  /// Shows a line that stays, above the live line.
  public func show(_ line: String) {
    guard liveLine.isEmpty else {
      write("\r\u{1B}[K" + line + "\n" + liveLine)
      return
    }
    write(line + "\n")
  }

  /// Replaces the live line; without a terminal nothing is shown.
  public func showLive(_ line: String) {
    guard isTerminal else { return }
    liveLine = String(line.prefix(max(width - 1, 0)))
    write("\r" + liveLine + "\u{1B}[K")
  }

  /// Takes the live line away.
  public func clearLive() {
    guard !liveLine.isEmpty else { return }
    liveLine = ""
    write("\r\u{1B}[K")
  }
}

private func terminalWidth() -> Int {
  var size = winsize()
  let status = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
  return status == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
}
