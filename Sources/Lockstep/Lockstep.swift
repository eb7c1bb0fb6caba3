// What a user's own program needs, under one name: `import Lockstep`.

@_exported public import Collectives
@_exported public import DataParallel
@_exported public import Datasets
@_exported public import Diagnostics
@_exported public import Layers
@_exported public import Models
@_exported public import Optimizers
@_exported public import Randomness
@_exported public import Tensors
@_exported public import Tokenizers
@_exported public import Tokens
@_exported public import Training
