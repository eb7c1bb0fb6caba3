/// Whether operations are recorded for a backward pass.
enum Recording {
  @TaskLocal static var isOn = true
}

/// Runs `body` without recording operations, so that activations are given back at once.
///
/// Tensors made inside have no gradient. Source: `torch.no_grad`.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  try Recording.$isOn.withValue(false, operation: body)
}
