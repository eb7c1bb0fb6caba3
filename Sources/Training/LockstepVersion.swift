/// The version of this program, as the change log names it.
public enum LockstepVersion {
  /// The version: major, minor, patch.
  public static let current = "0.1.0"
}
