#!/usr/bin/env bash
# Everything that can be said about the sources without running them. Silent when all is well.
set -euo pipefail
cd "$(dirname "$0")/.."

quietly() { # shows a command's output only where it fails
  local output
  output=$("$@" 2>&1) || {
    printf '%s\n' "$output" >&2
    echo "check: failed: $*" >&2
    exit 1
  }
}

folders=()
for folder in Sources Tests Examples Benchmarks Package.swift; do
  [ -e "$folder" ] && folders+=("$folder")
done
quietly swift format lint --strict --parallel --recursive "${folders[@]}"
quietly python3 scripts/check-layers.py --self-test
quietly python3 scripts/check-layers.py
quietly python3 scripts/check-files.py
for script in scripts/*.sh .ci/run; do
  quietly bash -n "$script"
done
# Package.swift makes warnings errors.
quietly swift build -c release --build-tests
