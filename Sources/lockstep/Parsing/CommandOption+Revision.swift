extension CommandOption {
  /// Which state of a model on the hub is meant.
  static func revision(_ place: WritableKeyPath<Values, String?>) -> Self {
    .text("revision", "REV", place, "branch, tag or commit of a model from the hub (main)")
  }
}
