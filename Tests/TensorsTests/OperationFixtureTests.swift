import Files
import Foundation
import Tensors
import Testing

/// Values and gradients of operations against PyTorch's; scripts/reference/operations.py says what
/// the fixture holds.
struct OperationFixtureTests {
  /// Of an array's elements, as a share of its largest one; found: 1.1e-6 where softmax's
  /// gradients all but cancel.
  private static let tolerance = 3e-6

  private let tensors: SafeTensorsReader
  private let settings: JSON

  init() throws {
    let path = Bundle.module.bundlePath + "/Fixtures/operations"
    tensors = try SafeTensorsReader(path + ".safetensors")
    settings = try JSON.parse(File.read(path + ".json"), file: "operations.json")
  }

  @Test func linear() throws {
    let (weight, bias) = try (parameter("linear.weight"), parameter("linear.bias"))
    try check("linear", ["input"], [weight, bias]) {
      $0[0].linear([weight.parameters[0]], biases: [bias.parameters[0]])
    }
  }

  @Test func matmul() throws {
    try check("matmul", ["left", "right"]) { $0[0].matmul($0[1]) }
  }

  @Test(arguments: ["layerNorm", "layerNormWideEpsilon"])
  func layerNorm(_ name: String) throws {
    let (weight, bias) = try (parameter(name + ".weight"), parameter(name + ".bias"))
    let epsilon = try #require(settings[name]?["epsilon"]?.double)
    // One row is 4 ± 0.001: rounding its mean by 1e-7 is 1e-4 of its deviation. Found: 6.9e-5.
    try check(name, ["input"], [weight, bias], tolerance: 3e-4) {
      $0[0].layerNorm(weight.parameters[0], bias.parameters[0], epsilon: Float(epsilon))
    }
  }

  @Test func gelu() throws { try check("gelu", ["input"]) { $0[0].gelu() } }

  @Test func tanh() throws { try check("tanh", ["input"]) { $0[0].tanh() } }

  @Test func relu() throws { try check("relu", ["input"]) { $0[0].relu() } }

  @Test func softmax() throws { try check("softmax", ["input"]) { $0[0].softmax() } }

  @Test(arguments: ["crossEntropy", "crossEntropySum"])
  func crossEntropy(_ name: String) throws {
    let (rows, labels) = try (numbers(name, "rows"), numbers(name, "labels"))
    try check(name, ["logits"]) {
      $0[0].gatherRows(rows).crossEntropy(labels, reduction: name == "crossEntropy" ? .mean : .sum)
    }
  }

  @Test func embedding() throws {
    let weight = try parameter("embedding.weight")
    let ids = try numbers("embedding", "ids")
    try check("embedding", [], [weight]) { _ in .embedding([(weight.parameters[0], ids)]) }
  }

  @Test func attention() throws {
    let offsets = try numbers("attention", "sequenceOffsets")
    let headCount = try #require(settings["attention"]?["headCount"]?.int)
    try check("attention", ["queries", "keys", "values"]) {
      .attention(
        queries: $0[0], keys: $0[1], values: $0[2], queryOffsets: offsets, keyOffsets: offsets,
        headCount: headCount)
    }
  }

  @Test func convolution() throws {
    let (weight, bias) = try (parameter("convolution.weight"), parameter("convolution.bias"))
    let offsets = try numbers("convolution", "sequenceOffsets")
    try check("convolution", ["input"], [weight, bias]) {
      $0[0].neighbours(5, offsets: offsets).linear(
        [weight.parameters[0]], biases: [bias.parameters[0]])
    }
  }

  @Test func relativeBuckets() throws {
    let cases = try #require(settings["relativeBuckets"]?.array)
    try #require(cases.count == 5)
    for json in cases {
      let wanted = (json["buckets"]?.array ?? []).compactMap(\.int)
      try #require(wanted.count >= 20)
      let buckets = RelativeBuckets(
        bucketCount: json["bucketCount"]?.int, maximum: try #require(json["maximum"]?.int))
      #expect(wanted.indices.map { buckets.bucket(of: $0) } == wanted)
      #expect(wanted.indices.map { buckets.bucket(of: -$0) } == wanted.map { -$0 })
    }
  }

  @Test func windowedAttention() throws {
    let offsets = try numbers("windowedAttention", "sequenceOffsets")
    let headCount = try #require(settings["windowedAttention"]?["headCount"]?.int)
    let window = try #require(settings["windowedAttention"]?["window"]?.int)
    try check("windowedAttention", ["queries", "keys", "values"]) {
      .attention(
        queries: .init($0[0]), keys: .init($0[1]), values: .init($0[2]), queryOffsets: offsets,
        keyOffsets: offsets,
        queryPlaces: zip(offsets, offsets.dropFirst()).flatMap { 0..<$1 - $0 }, window: window,
        headCount: headCount)
    }
  }

  @Test func gatedGELU() throws { try check("gatedGELU", ["input"]) { $0[0].gatedGELU() } }

  @Test func rotary() throws {
    let positions = try numbers("rotary", "positions")
    let angles = RotaryAngles(
      headSize: try #require(settings["rotary"]?["headSize"]?.int),
      base: try #require(settings["rotary"]?["base"]?.double))
    // PyTorch's powers in float32 are off by a part in 1e7, and that times position 200.
    try check("rotary", ["input"], tolerance: 2e-5) {
      $0[0].rotated(0..<12, by: angles, positions: positions)
    }
  }

  // MARK: - Comparing

  /// Runs an operation on the fixture's inputs and compares its value and all gradients.
  private func check(
    _ name: String, _ inputs: [String], _ stores: [ParameterStore] = [],
    tolerance: Double = Self.tolerance, _ operation: ([Tensor]) -> Tensor
  ) throws {
    let leaves = try inputs.map { input in
      let tensor = try #require(tensors["\(name).\(input)"])
      return Tensor(try tensors.floats(of: tensor), shape: tensor.shape, requiresGradient: true)
    }
    let result = operation(leaves)
    try compare(result.elements, "\(name).output", tolerance)
    if let above = tensors["\(name).outputGradient"] {
      (result * Tensor(try tensors.floats(of: above), shape: above.shape)).sum().backward()
    } else {
      result.backward()
    }
    for (input, leaf) in zip(inputs, leaves) {
      try compare(leaf.gradientElements ?? [], "\(name).\(input)Gradient", tolerance)
    }
    for parameter in stores.flatMap(\.parameters) {
      try compare(parameter.gradientElements, "\(parameter.name)Gradient", tolerance)
    }
  }

  private func compare(_ found: [Float], _ name: String, _ tolerance: Double) throws {
    let wanted = try tensors.floats(of: #require(tensors[name]))
    try #require(found.count == wanted.count, "\(name)")
    let largest = wanted.reduce(0) { max($0, Double(abs($1))) }
    let worst = zip(found, wanted).map { abs(Double($0) - Double($1)) }.max() ?? 0
    #expect(worst <= tolerance * largest, "\(name)")
  }

  /// A store with one parameter that holds a tensor of the fixture.
  private func parameter(_ name: String) throws -> ParameterStore {
    let tensor = try #require(tensors[name])
    var declarations = ParameterDeclarations()
    let parameter = declarations.parameter(name, shape: tensor.shape, .constant(0))
    let store = ParameterStore(declarations) { _ in 0 }
    parameter.changeValues().update(from: try tensors.floats(of: tensor), count: tensor.count)
    return store
  }

  private func numbers(_ name: String, _ key: String) throws -> [Int32] {
    try #require(settings[name]?[key]?.array).compactMap { $0.int.map(Int32.init) }
  }
}
