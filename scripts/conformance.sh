#!/usr/bin/env bash
# conformance.sh <folder>: the tests that compare with reference files kept outside the repository.
set -euo pipefail
shared=$(realpath -m "${1:?usage: conformance.sh <folder>}")
cd "$(dirname "$0")/.."

if [ ! -d "$shared" ]; then
  echo "conformance: no folder $shared: nothing to compare with (SHARED=… names another)"
  exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
LOCKSTEP_SHARED=$shared swift test -c release --disable-testable-imports --filter Conformance 2>&1 | tee "$log"
if ! grep -q 'Test run with [1-9]' "$log"; then
  echo "conformance: no test ran: expected tests whose names contain 'Conformance'" >&2
  exit 1
fi
