package import Diagnostics

/// A model has weights only in a file that is never read: a pickle, which can run code when it is opened,
/// or another framework's.
package struct ForeignWeightsError: Diagnostic, Equatable {
  /// The path of the file.
  package let file: String
  /// The folder or the name on the hub from which Transformers loads the model.
  package let model: String

  /// How the names of such files end; the first are pickles or archives of pickles.
  private static let pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"]
  private static let others = [".h5", ".msgpack", ".ot", ".onnx"]

  package init(file: String, model: String) { (self.file, self.model) = (file, model) }

  /// The name, among those of a folder's files, that would hold the weights; nil if there is none.
  package static func first(among names: [String]) -> String? {
    let found = names.filter { isPickle($0) || others.contains(where: $0.hasSuffix) }
    return found.first { $0.hasPrefix("pytorch_model") } ?? found.first
  }

  /// Whether a file's name is that of a pickle.
  package static func isPickle(_ name: String) -> Bool { pickles.contains(where: name.hasSuffix) }

  package var exitCode: ExitCode { .data }

  package var description: String {
    let model = String(displaying: model.utf8, limit: 4096)
    let reason =
      Self.isPickle(file)
      ? "pickle weights are not loaded, they can run code" : "these weights are not read"
    return "\(String(displaying: file.utf8, limit: 4096)): \(reason): expected model.safetensors: "
      + "convert the model where you trust it: python3 -c \"from transformers import "
      + "AutoModelForMaskedLM as M; M.from_pretrained('\(model)').save_pretrained('converted')\""
  }
}
