// The Lockstep module.
