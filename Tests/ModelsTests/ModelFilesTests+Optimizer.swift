import Files
import Models
import Optimizers
import Randomness
import Tensors
import TestSupport
import Testing

extension ModelFilesTests {
  @Test func optimizerStateIsSavedUnderTheNamesOfItsParameters() throws {
    let model = try ModelFixture("roberta").model()
    var run = TrainingRun(model, decaysEverything: false)
    run.step(on: try ModelFixture("roberta").batches[0])
    let store = model.parameters
    let path = temporary.path("optimizer.safetensors")
    let entries = zip(0..., run.optimizer.stateNames).flatMap { index, name in
      ModelFiles.entries(
        of: store, base: run.optimizer.state + index * store.count, suffix: "." + name)
    }
    let sink = try DurableWriter(creating: path)
    try SafeTensorsWriter(entries).write(to: sink)
    try sink.commit()
    let reader = try SafeTensorsReader(path)
    #expect(reader.tensors.count == 2 * store.parameters.count)
    let bias = try #require(store["lm_head.bias"])
    let first = try reader.floats(
      of: reader.tensor("lm_head.bias.exp_avg", shape: bias.shape))
    var deviation = Deviation()
    deviation.add(first, bias.gradientElements.map { 0.1 * $0 }, at: "exp_avg")
    #expect(deviation.largest < 1e-7, "\(deviation)")
  }

  // MARK: - Folders to load
}
