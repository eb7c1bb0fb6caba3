import Glibc

/// The members of a JSON object: keys are bytes, each appears once, their order is kept, and finding one
/// takes the same time however many there are.
package struct JSONObject: Sendable {
  /// A key's UTF-8 bytes and its value.
  package typealias Member = (key: [UInt8], value: JSON)

  /// The members in their order.
  package private(set) var members: [Member] = []
  /// Open addressing into `members`, empty while searching them one by one is as fast.
  private var slots: [Int32] = []

  private static let searchedCount = 8

  /// An object without members.
  package init() {}

  /// An object of members in their order.
  ///
  /// - Precondition: No key appears twice.
  package init(_ members: [(String, JSON)]) {
    for (key, value) in members {
      let isNew = insert(Array(key.utf8), value)
      precondition(isNew, "the key '\(key)' appears twice in one JSON object")
    }
  }

  /// An object to be written, whose members are in their order; one of many is slow to find in it.
  ///
  /// - Precondition: No key appears twice, which is not checked.
  package init(distinct members: [Member]) {
    self.members = members
  }

  /// The number of members.
  package var count: Int { members.count }

  /// The value under a key; setting nil removes the member, and setting a new key appends one.
  package subscript(key: String) -> JSON? {
    get { self[Array(key.utf8)] }
    set { self[Array(key.utf8)] = newValue }
  }

  /// The value under a key given as bytes; setting nil removes the member, and setting a new key appends
  /// one.
  package subscript(key: [UInt8]) -> JSON? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (nil, let value?): insert(key, value)
      case (let position?, nil):
        members.remove(at: position)
        slots = []
        if members.count > Self.searchedCount { rebuildSlots() }
      case (nil, nil): break
      }
    }
  }

  /// Appends a member and returns true, or changes nothing and returns false if the key is there.
  @discardableResult
  package mutating func insert(_ key: [UInt8], _ value: JSON) -> Bool {
    if slots.isEmpty {
      guard position(of: key) == nil else { return false }
      members.append((key, value))
      if members.count > Self.searchedCount { rebuildSlots() }
      return true
    }
    let slot = slot(of: key)
    guard slots[slot] < 0 else { return false }
    slots[slot] = Int32(members.count)
    members.append((key, value))
    if members.count * 2 > slots.count { rebuildSlots() }
    return true
  }

  /// The place of a key among the members.
  package func position(of key: [UInt8]) -> Int? {
    if slots.isEmpty { return members.firstIndex { Self.equal($0.key, key) } }
    let position = slots[slot(of: key)]
    return position < 0 ? nil : Int(position)
  }

  /// The slot that refers to the key, or the empty one where it belongs.
  private func slot(of key: [UInt8]) -> Int {
    // The standard library seeds its hasher anew in every process, so nobody can write a file whose
    // keys all collide; nothing here depends on the order of the slots.
    var hasher = Hasher()
    key.withUnsafeBytes { hasher.combine(bytes: $0) }
    var slot = hasher.finalize() & (slots.count - 1)
    while slots[slot] >= 0, !Self.equal(members[Int(slots[slot])].key, key) {
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private mutating func rebuildSlots() {
    var count = 32
    while count < members.count * 4 { count *= 2 }
    slots = [Int32](repeating: -1, count: count)
    for position in members.indices {
      slots[slot(of: members[position].key)] = Int32(position)
    }
  }

  private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count, !left.isEmpty else { return left.count == right.count }
    return memcmp(left, right, left.count) == 0
  }
}

extension JSONObject: Equatable {
  /// Whether both have the same members in the same order.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count
      && zip(left.members, right.members).allSatisfy { $0.key == $1.key && $0.value == $1.value }
  }
}
