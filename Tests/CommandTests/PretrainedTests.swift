import Files
import Glibc
import TestSupport
import Testing

/// Models by path and by name on a hub, as commands take them.
struct PretrainedTests {
  private let run: ShortRun

  init() throws {
    run = try ShortRun.finished()
  }

  private var model: String { run.model }

  /// A hub that has the finished model.
  private func hub() throws -> FakeHub {
    try FakeHub(
      try Folder.list(model).map { ($0, try File.read(model + "/" + $0)) })
  }

  private func environment(_ hub: FakeHub?) -> [String: String?] {
    [
      "HF_ENDPOINT": hub?.address ?? "http://127.0.0.1:9", "HF_HOME": run.folder.path("hf"),
      "HF_TOKEN": "hf_secret", "HF_HUB_CACHE": nil, "HUGGINGFACE_HUB_CACHE": nil,
      "HF_HUB_OFFLINE": nil, "TRANSFORMERS_OFFLINE": nil,
    ]
  }

  private func train(
    _ name: String, output: String, _ more: [String], hub: FakeHub?, ranks: Int = 1
  ) throws -> Subprocess.Result {
    try run.train(
      ranks: ranks,
      [
        "train", "--data", run.text, "--output", run.folder.path(output), "--model", name,
        "--block-size", "16", "--micro-batch-size", "2", "--global-batch-size", "8", "--threads",
        "1", "--save-every", "0",
      ] + more, environment: environment(hub))
  }

  private func floats(_ folder: String) throws -> [Float] {
    let reader = try SafeTensorsReader(folder + "/model.safetensors")
    return try reader.tensors.flatMap { try reader.floats(of: $0) }
  }

  private func withoutTime(_ json: String) -> String {
    json.firstRange(of: "\"eval_runtime\"").map { String(json[..<$0.lowerBound]) } ?? json
  }

  private func distance(_ left: [Float], _ right: [Float]) -> Float {
    zip(left, right).map { abs($0 - $1) }.max() ?? .infinity
  }

  @Test func trainingBeginsWithTheWeightsOfAFolder() throws {
    let result = try train(
      model, output: "further", ["--steps", "1", "--learning-rate", "1e-9"], hub: nil)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.contains("weights: from \(model)"))
    let further = try floats(run.folder.path("further/model"))
    #expect(try distance(further, floats(model)) < 1e-7)
    #expect(
      contents(of: run.folder.path("further/model/tokenizer.json"))
        == contents(of: model + "/tokenizer.json"))
    let fresh = try train(
      run.folder.path("config.json"), output: "fresh",
      ["--steps", "1", "--learning-rate", "1e-9", "--tokenizer", model], hub: nil)
    #expect(fresh.exitCode == 0)
    #expect(try distance(floats(run.folder.path("fresh/model")), further) > 1e-3)
  }

  @Test(arguments: [1, 2])
  func trainingBeginsWithTheWeightsOfAHub(ranks: Int) throws {
    let hub = try hub()
    let few = ["--steps", "3", "--learning-rate", "1e-3"]
    let result = try train(FakeHub.name, output: "named", few, hub: hub, ranks: ranks)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.contains("weights: from org/model@\(FakeHub.commit)"))
    #expect(!result.errors.contains("hf_secret"))
    // Only rank 0 asks.
    #expect(hub.requests.filter { $0.path.hasPrefix("/api/") }.count == 1)
    #expect(hub.storeRequests.count == 1)
    let record = try JSON.read(run.folder.path("named/run.json"))
    #expect(record["pretrained"] == JSON("org/model@\(FakeHub.commit)"))

    let local = try train(model, output: "local", few, hub: nil)
    #expect(local.exitCode == 0)
    #expect(
      contents(of: run.folder.path("named/model/model.safetensors"))
        == contents(of: run.folder.path("local/model/model.safetensors")))
  }

  /// The other ranks wait for as long as rank 0 gives signs of life, not for as long as they are patient.
  @Test func aSlowHubIsWaitedFor() throws {
    let files = try Folder.list(model).map { ($0, try File.read(model + "/" + $0)) }
    let hub = try FakeHub(
      files,
      answering: { request, honest in
        var slow = honest
        if request.path.hasPrefix("/api/") { slow.pieces[0].pause = 5_000 }
        return slow
      })
    var variables = environment(hub)
    variables["LOCKSTEP_TIMEOUT"] = "3"
    let result = try lockstep(
      onRanks: 2, ["fill-mask", "--model", FakeHub.name, "the [MASK] stone"],
      environment: variables)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.contains("the [MASK] stone"))
    #expect(hub.storeRequests.count == 1)
  }

  @Test func aKilledDownloadIsGoneOnFromByTheSameCommand() throws {
    let files = try Folder.list(model).map { ($0, try File.read(model + "/" + $0)) }
    let hub = try FakeHub(
      files,
      storing: { request, honest in
        guard request.headers["range"] == nil else { return honest }
        var stalled = honest
        let bytes = stalled.pieces[1].bytes
        stalled.pieces[1].bytes = Array(bytes.prefix(1_000))
        stalled.pieces.append((20_000, Array(bytes.dropFirst(1_000))))
        return stalled
      })
    let words = ["fill-mask", "--model", FakeHub.name, "the [MASK] stone"]
    let blobs = run.folder.path("hf/hub/models--org--model/blobs")
    let running = try Subprocess(
      builtProgram("lockstep"), words, environment: environment(hub))
    let deadline = ContinuousClock.now + .seconds(20)
    var leftover: String?
    while leftover == nil, ContinuousClock.now < deadline {
      usleep(1_000)
      leftover = ((try? Folder.list(blobs)) ?? []).first {
        $0.hasSuffix(".incomplete") && (try? File.size(of: blobs + "/" + $0)) == 1_000
      }
    }
    kill(running.processID, SIGKILL)
    #expect(try running.wait().exitCode == 128 + SIGKILL)
    #expect(leftover != nil)

    let again = try Subprocess.run(
      builtProgram("lockstep"), words, environment: environment(hub))
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(hub.storeRequests.map { $0.headers["range"] } == [nil, "bytes=1000-"])
    #expect(try Folder.list(blobs).allSatisfy { !$0.hasSuffix(".incomplete") })
  }

  @Test func evaluationAndFillingTakeNamesOfAHub() throws {
    let hub = try hub()
    let words = ["--data", run.text, "--block-size", "16", "--threads", "1", "--json"]
    let named = try Subprocess.run(
      builtProgram("lockstep"), ["evaluate", "--model", FakeHub.name] + words,
      environment: environment(hub))
    let local = try Subprocess.run(
      builtProgram("lockstep"), ["evaluate", "--model", model] + words,
      environment: environment(nil))
    #expect(named.exitCode == 0, "\(named.errors)")
    let (numbers, expected) = (withoutTime(named.output), withoutTime(local.output))
    #expect(numbers == expected && numbers.contains("eval_loss"))
    let count = hub.requests.count
    // What is here needs no hub any more.
    let filled = try Subprocess.run(
      builtProgram("lockstep"),
      ["fill-mask", "--model", FakeHub.name, "--revision", FakeHub.commit, "the [MASK] stone"],
      environment: environment(hub).merging(["HF_HUB_OFFLINE": "1"]) { $1 })
    #expect(filled.exitCode == 0, "\(filled.errors)")
    #expect(hub.requests.count == count)
  }

  @Test func aTokenizerOfAHubNeedsNoWeights() throws {
    let hub = try hub()
    let result = try train(
      run.folder.path("config.json"), output: "t",
      ["--steps", "1", "--tokenizer", FakeHub.name], hub: hub)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(hub.storeRequests.isEmpty)
    #expect(
      contents(of: run.folder.path("t/model/tokenizer.json"))
        == contents(of: model + "/tokenizer.json"))
  }

  @Test func aDryRunDownloadsNoWeights() throws {
    let hub = try hub()
    let result = try train(FakeHub.name, output: "dry", ["--steps", "1", "--dry-run"], hub: hub)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(hub.storeRequests.isEmpty && !hub.requests.isEmpty)
  }

  @Test(arguments: [
    (["--model", "org/model"], "HF_HUB_OFFLINE", 66, "HF_HUB_OFFLINE forbids the network"),
    (["--model", "org/model"], "", 69, "org/model: no folder here, not in the cache"),
    (["--model", "org/model"], "", 69, "http://127.0.0.1:9/api/models/org/model/revision/main"),
    (["--model", "org/model", "--revision", "../x"], "", 78, "--revision: '../x' is no revision"),
    (
      ["--model", "small", "--revision", "main"], "", 64, "--revision: 'small' is no model of a hub"
    ),
  ])
  func whatCannotBeHadIsSaidInOneLine(
    words: [String], offline: String, exitCode: Int32, message: String
  ) throws {
    var variables = environment(nil)
    if !offline.isEmpty { variables[offline] = "1" }
    let result = try lockstep(
      onRanks: 2, ["train", "--data", run.text, "--output", run.folder.path("no")] + words,
      environment: variables)
    #expect(result.exitCode == exitCode, "\(result.errors)")
    #expect(result.errorReports.count == 1, "\(result.errors)")
    #expect(result.errorReports.first?.contains(message) == true, "\(result.errors)")
    #expect(!File.exists(run.folder.path("no")))
  }

  @Test func aSizeOfVocabularyIsOfNoUseWithATokenizer() throws {
    let result = try train(model, output: "v", ["--vocabulary-size", "90"], hub: nil, ranks: 2)
    #expect(result.exitCode == 78, "\(result.errors)")
    #expect(result.errorReports.count == 1)
    #expect(
      result.errorReports.first?.contains("--vocabulary-size is of no use with --model") == true)
    #expect(!File.exists(run.folder.path("v")))
  }

  @Test func anOverrideThatWeightsDoNotFitIsNamed() throws {
    for change in ["hidden_size=16", "num_hidden_layers=2", "num_hidden_layers=1,hidden_size=6"] {
      let result = try train(model, output: "o", ["--config-overrides", change], hub: nil)
      #expect(result.exitCode == 65, "\(result.errors)")
      #expect(
        result.errorReports.first?.contains("or leave out --config-overrides \(change)") == true,
        "\(result.errors)")
      try Folder.removeAny(run.folder.path("o"))
    }
  }

  @Test func picklesAreRefused() throws {
    let folder = run.folder.path("pickle")
    try Folder.create(folder)
    try File.copy(model + "/config.json", to: folder + "/config.json")
    try File.write([0x80, 2], to: folder + "/pytorch_model.bin")
    for name in [folder, folder + "/pytorch_model.bin"] {
      let result = try train(
        name, output: "p", ["--steps", "1", "--tokenizer", model], hub: nil)
      #expect(result.exitCode == 65, "\(result.errors)")
      #expect(result.errorReports.first?.contains("pickle weights are not loaded") == true)
    }
  }
}
