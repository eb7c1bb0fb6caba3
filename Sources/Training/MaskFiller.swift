import Glibc
import Layers
public import Models
import Randomness
import Tensors
public import Tokenizers
public import Tokens

/// Predicts what stands at the masks of texts.
public final class MaskFiller {
  /// A token that may stand at a mask.
  public struct Answer: Sendable, Equatable {
    /// The token's number.
    public let id: TokenID
    /// The token as the vocabulary spells it.
    public let token: String
    /// Its probability.
    public let probability: Double
    /// The text with this token at the mask, other masks as they were.
    public let text: String
  }

  private let model: any MaskedModel
  private let tokenizer: Tokenizer
  private let mask: TokenID
  private let longestSequence: Int

  /// A filler that reads texts with one tokenizer and answers with one model.
  ///
  /// - Parameters:
  ///   - model: predicts.
  ///   - tokenizer: the one that the model was trained with.
  ///   - longestSequence: the most tokens that the model takes.
  /// - Throws: `TokenizerError` if the tokenizer has no token for masks.
  public init(model: any MaskedModel, tokenizer: Tokenizer, longestSequence: Int) throws {
    self.model = model
    self.tokenizer = tokenizer
    self.longestSequence = longestSequence
    mask = try tokenizer.maskToken
  }

  /// The most probable answers for every mask of a text, the best first.
  ///
  /// - Parameters:
  ///   - text: what has masks in it.
  ///   - count: how many answers a mask gets.
  /// - Returns: for every mask its answers.
  /// - Throws: `MaskFillerError` if the text has no mask or too many tokens.
  public func answers(for text: String, count: Int) throws -> [[Answer]] {
    let ids = try encode(text)
    let places = ids.indices.filter { ids[$0] == mask }
    return zip(places, probabilities(of: ids, at: places)).map { place, probabilities in
      let best = probabilities.indices.sorted {
        (probabilities[$1], $0) < (probabilities[$0], $1)
      }
      return best.prefix(count).map { answer in
        var filled = ids
        filled[place] = TokenID(answer)
        return Answer(
          id: TokenID(answer), token: spelled(TokenID(answer)), probability: probabilities[answer],
          text: decode(filled))
      }
    }
  }

  /// How well the model knows what was hidden in a text.
  ///
  /// - Parameters:
  ///   - hidden: the tokens that were there.
  ///   - text: what has one mask for each of `hidden`.
  /// - Returns: the negative log-probability of all of them in nats, and whether each is the model's
  ///   first choice.
  /// - Throws: `MaskFillerError` if the text has another number of masks or too many tokens.
  public func surprise(
    at hidden: [TokenID], in text: String
  ) throws -> (nats: Double, isRight: Bool) {
    let ids = try encode(text)
    let places = ids.indices.filter { ids[$0] == mask }
    guard places.count == hidden.count else {
      throw MaskFillerError.maskCount(text: text, found: places.count, expected: hidden.count)
    }
    var nats = 0.0
    var isRight = true
    for (token, probabilities) in zip(hidden, probabilities(of: ids, at: places)) {
      let probability = probabilities[Int(token)]
      nats -= log(probability)
      isRight = isRight && probability == probabilities.max()
    }
    return (nats, isRight)
  }

  private func encode(_ text: String) throws -> [TokenID] {
    let ids = tokenizer.encode(text).ids
    guard ids.contains(mask) else {
      throw MaskFillerError.noMask(text: text, mask: spelled(mask))
    }
    guard ids.count <= longestSequence else {
      throw MaskFillerError.tooLong(text: text, tokenCount: ids.count, limit: longestSequence)
    }
    return ids
  }

  private func probabilities(of ids: [TokenID], at places: [Int]) -> [[Double]] {
    let batch = MaskedBatch(
      ids: ids, sequenceOffsets: [0, Int32(ids.count)], maskedPositions: places.map(Int32.init),
      labels: places.map { ids[$0] }, key: RandomKey(seed: 0))
    let logits = withoutGradients { model.predictions(for: batch, in: .evaluation()).logits }
    return logits.map(softmax)
  }

  private func softmax(_ logits: [Float]) -> [Double] {
    let largest = Double(logits.max() ?? 0)
    let weights = logits.map { exp(Double($0) - largest) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  private func spelled(_ id: TokenID) -> String {
    String(decoding: tokenizer.token(of: id) ?? [], as: UTF8.self)
  }

  /// The text of tokens without those around it.
  private func decode(_ ids: [TokenID]) -> String {
    guard let special = try? tokenizer.specialTokens else { return tokenizer.decode(ids) }
    let around = [special.classification, special.separator]
    return tokenizer.decode(ids.filter { !around.contains($0) }, keepingSpecialTokens: true)
  }
}
