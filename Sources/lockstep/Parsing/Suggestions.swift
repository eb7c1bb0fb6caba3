/// Which of the known names a misspelt one may have meant, nearest first and at most three.
func suggestions(for name: String, among known: [String]) -> [String] {
  let typed = normalized(name)
  guard !typed.isEmpty else { return [] }
  let ranked = known.compactMap { candidate -> (distance: Int, name: String)? in
    let letters = normalized(candidate)
    let distance = editDistance(typed, letters)
    if distance <= max(1, min(typed.count, letters.count) / 3) { return (distance, candidate) }
    if typed.count >= 4, contains(letters, typed) || letters.count >= 4 && contains(typed, letters)
    {
      return (letters.count + typed.count, candidate)
    }
    if typed.count >= 2, typed == initials(of: candidate) { return (1_000, candidate) }
    return nil
  }
  return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
}

/// The sentence that follows a name nobody knows, or nothing if no name is near.
func suggestionText(for name: String, among known: [String], prefix: String = "") -> String {
  let near = suggestions(for: name, among: known)
  return near.isEmpty ? "" : ": did you mean \(near.map { prefix + $0 }.joined(separator: " or "))?"
}

/// Lower-case letters and digits only: `Learning_Rate` and `learning-rate` are the same wish.
private func normalized(_ name: String) -> [UInt8] {
  name.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
}

private func initials(of name: String) -> [UInt8] {
  name.lowercased().split(separator: "-").compactMap(\.utf8.first)
}

private func contains(_ letters: [UInt8], _ part: [UInt8]) -> Bool {
  guard part.count <= letters.count else { return false }
  return (0...(letters.count - part.count)).contains { letters[$0...].starts(with: part) }
}

/// The number of insertions, deletions, replacements and swaps of neighbours between two names.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...right.count)
  for i in left.indices {
    var current = [i + 1]
    for j in right.indices {
      let substitution = previous[j] + (left[i] == right[j] ? 0 : 1)
      var best = min(previous[j + 1] + 1, current[j] + 1, substitution)
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
        best = min(best, beforePrevious[j - 1] + 1)
      }
      current.append(best)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.count]
}
