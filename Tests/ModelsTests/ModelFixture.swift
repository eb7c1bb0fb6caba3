import Files
import Foundation
import Models
import Tensors
import Tokens

/// What PyTorch computed with a small model of one architecture; scripts/reference/models.py and
/// truth.py say what each file holds.
struct ModelFixture {
  static let architectures = [
    "bert", "roberta", "distilbert", "xlm-roberta", "camembert", "electra", "albert", "mpnet",
    "modernbert", "deberta-v2",
  ]
  /// Those with a comparison over 20 steps: XLM-R and CamemBERT are RoBERTa under another name.
  static let compared = [
    "bert", "roberta", "distilbert", "electra", "albert", "mpnet", "modernbert", "deberta-v2",
  ]
  /// Architectures, and the same with settings that change their parts.
  static let all = architectures + ["modernbert-biased", "deberta-v2-older", "deberta-v2-plain"]

  let folder: String
  let batches: [MaskedBatch]
  let expected: JSON

  init(_ name: String) throws {
    let folder = Bundle.module.bundlePath + "/Fixtures/" + name
    func json(_ file: String) throws -> JSON {
      try JSON.parse(File.read(folder + "/" + file), file: file)
    }
    batches = try (json("inputs.json").array ?? []).map { batch in
      MaskedBatch(
        paddedIDs: batch.rows("input_ids"), attentionMask: batch.rows("attention_mask"),
        labels: batch.rows("labels"))
    }
    expected = try json("expected.json")
    self.folder = folder
  }

  func model() throws -> any PretrainedModel { try ModelFiles.load(folder: folder) }

  /// The tensors of a file, in its order.
  func tensors(_ file: String) throws -> [(name: String, shape: [Int], values: [Float])] {
    let reader = try SafeTensorsReader(folder + "/" + file + ".safetensors")
    return try reader.tensors.map {
      (String(decoding: $0.name, as: UTF8.self), $0.shape, try reader.floats(of: $0))
    }
  }
}

extension JSON {
  func rows(_ key: String) -> [[Int32]] {
    (self[key]?.array ?? []).map { row in (row.array ?? []).compactMap { $0.int.map(Int32.init) } }
  }

  func numbers(_ key: String) -> [Double] { (self[key]?.array ?? []).compactMap(\.double) }
}

extension MaskedBatch {
  /// The same tokens with every one of them to be predicted, so that every logit is computed.
  var predictingEverything: MaskedBatch {
    MaskedBatch(
      ids: ids, sequenceOffsets: sequenceOffsets,
      maskedPositions: ids.indices.map { Int32($0) }, labels: ids, key: key)
  }
}

/// The largest difference between numbers and what they should be, and where it is.
struct Deviation: CustomStringConvertible {
  private(set) var largest = 0.0
  private(set) var place = "nowhere"

  var description: String { "\(largest) at \(place)" }

  /// Takes in the differences of one array, each divided by `scale`.
  mutating func add(_ found: [Float], _ wanted: [Float], at name: String, scale: Double = 1) {
    guard found.count == wanted.count else {
      (largest, place) = (.infinity, "\(name): \(found.count) numbers instead of \(wanted.count)")
      return
    }
    for (index, (found, wanted)) in zip(found, wanted).enumerated() {
      let difference = abs(Double(found) - Double(wanted)) / scale
      // Also true for what is not a number.
      guard !(difference <= largest) else { continue }
      (largest, place) = (difference, "\(name)[\(index)]: \(found) instead of \(wanted)")
      if difference.isNaN { largest = .infinity }
    }
  }
}
