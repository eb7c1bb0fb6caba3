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
  case gradientPartial
  case gradientSum
}
