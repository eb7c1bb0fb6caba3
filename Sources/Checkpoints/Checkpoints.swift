// The Checkpoints module.
