internal import Layers

/// The sizes that have a name.
///
/// `micro` is the demo's; all others but DistilBERT's are BERT's of Turc et al. 2019.
public enum NamedSize: String, CaseIterable, Sendable {
  case micro
  case tiny
  case mini
  case small
  case distil
  case base

  var type: String { self == .distil ? "distilbert" : "bert" }

  var size: EncoderSize {
    switch self {
    case .micro: EncoderSize(layerCount: 2, width: 64, headCount: 4, intermediateSize: 128)
    case .tiny: EncoderSize(layerCount: 2, width: 128, headCount: 2, intermediateSize: 512)
    case .mini: EncoderSize(layerCount: 4, width: 256, headCount: 4, intermediateSize: 1_024)
    case .small: EncoderSize(layerCount: 4, width: 512, headCount: 8, intermediateSize: 2_048)
    case .distil: EncoderSize(layerCount: 6, width: 768, headCount: 12, intermediateSize: 3_072)
    case .base: EncoderSize(layerCount: 12, width: 768, headCount: 12, intermediateSize: 3_072)
    }
  }
}
