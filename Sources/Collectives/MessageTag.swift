/// The tags of the messages that collectives send, above those of users.
package enum MessageTag: Int {
  /// Tags below this one are free for `startSend` and `startReceive`.
  package static let userLimit = 16_384

  case barrier = 16_384
  case broadcast
  case gather
  case reduce
  case heartbeat
  case rollCall
  case rollAnswer

  /// The first tag of the partial sums of gradients; a reducer uses up to a hundred.
  package static let gradientPartials = 17_000
  /// The first tag of the sums of gradients; a reducer uses up to a hundred.
  package static let gradientSums = 17_100
}
