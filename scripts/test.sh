#!/usr/bin/env bash
# Runs every test and ends with the line 'N passed, N failed'; exits 1 if any failed.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=0
log=$(mktemp)
export LC_ALL=C.UTF-8
trap 'rm -f "$log"' EXIT

run() { # run <title> <command…>: counts the tests that Swift Testing reports, or else one for the command
  local title=$1 status
  shift
  echo "== $title"
  "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  local all bad
  all=$(sed -n 's/^. Test run with \([0-9]*\) test.*/\1/p' "$log" |
    awk '{ count += $1 } END { print count + 0 }')
  bad=$(grep '^. Test .* failed after ' "$log" | grep -vc '^. Test run with ')
  if [ "$all" -eq 0 ]; then
    all=1
    bad=$((status != 0))
  elif [ "$status" -ne 0 ] && [ "$bad" -lt 1 ]; then
    bad=1
  fi
  passed=$((passed + all - bad))
  failed=$((failed + bad))
}

run "unit, golden, gradient and parity tests" swift test -c release --disable-testable-imports
run "scripts/test-mpi.sh" scripts/test-mpi.sh
run "scripts/test-end-to-end.sh" scripts/test-end-to-end.sh
run "scripts/torture-checkpoints.sh" scripts/torture-checkpoints.sh 12
run "scripts/torture-signals.sh" scripts/torture-signals.sh
run "scripts/check-forecast.sh" scripts/check-forecast.sh
run "scripts/cluster.sh" scripts/cluster.sh

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
