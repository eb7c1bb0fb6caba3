// swift-tools-version: 6.2

import PackageDescription

// MARK: - Settings

// Warnings are errors for the compiler that this is developed with; others know other warnings, which must
// keep nobody from building.
#if compiler(>=6.3) && compiler(<6.4)
  let warnings: [SwiftSetting] = [.treatAllWarnings(as: .error)]
#else
  let warnings: [SwiftSetting] = []
#endif

let common: [SwiftSetting] =
  warnings + [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]

/// Above the numerics every use of unsafe memory must be spelled out.
let strict: [SwiftSetting] = common + [.strictMemorySafety()]

/// Kernels are useless unoptimized, so a debug build gets optimized C too.
let kernels: [CSetting] = [.unsafeFlags(["-O3", "-ffp-contract=fast", "-fno-math-errno"])]

func module(
  _ name: String, uses dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = common
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
    resources: [.copy("Fixtures")], swiftSettings: common)
}

// MARK: - Package

let package = Package(
  name: "lockstep",
  products: [
    .library(name: "Lockstep", targets: ["Lockstep"]),
    .executable(name: "lockstep", targets: ["lockstep"]),
  ],
  targets: [
    // System libraries
    .systemLibrary(name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

    // Layer 0: loops and shims
    .target(name: "CKernels", cSettings: kernels),
    .target(name: "CMPI", dependencies: ["COpenMPI"]),
    module("Diagnostics"),
    module("Kernels", uses: ["CKernels"]),

    // Layer 1: nouns
    module("Files", uses: ["CCrypto", "Diagnostics"]),
    module("HTTP", uses: ["CCurl", "Diagnostics"]),
    module("Randomness", settings: strict),
    module("Tokens", uses: ["Randomness"], settings: strict),
    module("Tensors", uses: ["Kernels", "CKernels", "Diagnostics"]),
    module("Collectives", uses: ["CMPI", "Diagnostics"]),

    // Layer 2: parts
    module("Hub", uses: ["Diagnostics", "Files", "HTTP"], settings: strict),
    module("Layers", uses: ["Tensors", "Randomness", "Tokens"], settings: strict),
    module("Optimizers", uses: ["Tensors", "Kernels", "CKernels"]),
    module("Tokenizers", uses: ["Diagnostics", "Files", "Tokens"], settings: strict),

    // Layer 3: what a run is made of
    module(
      "Models",
      uses: ["Diagnostics", "Files", "Layers", "Randomness", "Tensors", "Tokens"], settings: strict),
    module(
      "DataParallel",
      uses: ["CKernels", "Collectives", "Diagnostics", "Kernels", "Optimizers", "Tensors"]),
    module(
      "Datasets",
      uses: ["Collectives", "Diagnostics", "Files", "Randomness", "Tokenizers", "Tokens"],
      settings: strict),
    module("Checkpoints", uses: ["Diagnostics", "Files"], settings: strict),

    // Layer 4: the run
    module(
      "Training",
      uses: [
        "Checkpoints", "Collectives", "DataParallel", "Datasets", "Diagnostics", "Files", "Kernels",
        "Hub", "Layers",
        "Models", "Optimizers", "Randomness", "Tensors", "Tokenizers", "Tokens",
      ], settings: strict),

    // Layer 5: what users hold
    module(
      "Lockstep",
      uses: [
        "Checkpoints", "Collectives", "DataParallel", "Datasets", "Diagnostics", "Layers", "Models",
        "Optimizers", "Randomness", "Tensors", "Tokenizers", "Tokens", "Training",
      ], settings: strict),
    .executableTarget(
      name: "lockstep",
      dependencies: [
        "Checkpoints", "Collectives", "Datasets", "Diagnostics", "Files", "Hub", "Models",
        "Tensors", "Tokenizers", "Tokens", "Training",
      ], swiftSettings: strict),

    // Measurements
    .executableTarget(
      name: "GradientSums", dependencies: ["Collectives", "DataParallel"],
      path: "Benchmarks/GradientSums", exclude: ["allreduce.c", "run.sh"], swiftSettings: common),

    // Examples: compiled with the package, above all layers
    .executableTarget(
      name: "HandWrittenLoop", dependencies: ["Lockstep"], path: "Examples/HandWrittenLoop",
      swiftSettings: common),
    .executableTarget(
      name: "TrainerForm", dependencies: ["Lockstep"], path: "Examples/TrainerForm",
      swiftSettings: common),
    .executableTarget(
      name: "CustomModel", dependencies: ["Lockstep"], path: "Examples/CustomModel",
      swiftSettings: common),

    // Tests
    .target(
      name: "TestSupport", dependencies: ["Files"], path: "Tests/TestSupport", swiftSettings: common
    ),
    .testTarget(
      name: "CommandTests", dependencies: ["lockstep", "Files", "TestSupport"],
      resources: [.copy("Snapshots")], swiftSettings: common),
    tests("Checkpoints", uses: ["Diagnostics", "Files"]),
    tests("Collectives", uses: ["Diagnostics"]),
    tests("DataParallel", uses: ["Collectives", "Tensors", "Optimizers"]),
    tests(
      "Datasets",
      uses: ["Collectives", "Diagnostics", "Files", "Randomness", "Tokenizers", "Tokens"]),
    tests("Files", uses: ["Diagnostics"]),
    tests("HTTP", uses: ["Diagnostics"]),
    tests("Hub", uses: ["Diagnostics", "Files", "HTTP"]),
    tests("Kernels", uses: ["CKernels"]),
    tests(
      "Models",
      uses: ["Files", "Kernels", "Layers", "Optimizers", "Randomness", "Tensors", "Tokens"]),
    tests("Optimizers", uses: ["Files", "Kernels", "Tensors"]),
    tests("Randomness"),
    tests("Tensors", uses: ["Files", "Kernels", "Randomness"]),
    tests("Tokenizers", uses: ["Diagnostics", "Files", "Tokens"]),
    tests("Tokens", uses: ["Randomness"]),
    tests(
      "Training",
      uses: [
        "Checkpoints", "Collectives", "DataParallel", "Datasets", "Diagnostics", "Files", "Layers",
        "Models", "Optimizers", "Randomness", "Tensors", "Tokenizers", "Tokens",
      ]),
  ],
  cLanguageStandard: .gnu17
)
