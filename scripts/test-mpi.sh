#!/usr/bin/env bash
# test-mpi.sh [ranks…]: runs the tests that need MPI under mpirun, on 2 and 4 ranks or on those given.
# The test bundle is itself an executable that takes the runner's options, so mpirun starts it as it
# is. Rank 0's output is shown; that of the others only if the run fails. Fails if any rank fails.
set -uo pipefail
cd "$(dirname "$0")/.."

export LC_ALL=C.UTF-8 NO_COLOR=1
export LOCKSTEP_TIMEOUT=${LOCKSTEP_TIMEOUT:-60}
if [ "$(id -u)" -eq 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

build=$(swift build -c release --build-tests 2>&1) || {
  printf '%s\n' "$build" >&2
  exit 1
}
bundle=$(realpath .build/release/*PackageTests.xctest)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

on_rank() { # what one rank does: only rank 0 speaks
  local rank=$OMPI_COMM_WORLD_RANK
  if [ "$rank" -eq 0 ]; then exec "$@"; fi
  exec "$@" >"$LOGS/$rank" 2>&1
}
export -f on_rank

status=0
[ "$#" -gt 0 ] || set -- 2 4
for ranks in "$@"; do
  for suite in CollectivesTests.MPIWorldTests DataParallelTests.MPIGradientReducerTests; do
    echo "== $suite on $ranks ranks"
    rm -f "$logs"/*
    # One process can start MPI only once, so each suite gets processes of its own.
    LOGS=$logs timeout -k 10 600 mpirun --quiet -n "$ranks" --oversubscribe --bind-to none \
      bash -c 'on_rank "$@"' rank "$bundle" --testing-library swift-testing --no-parallel \
      --filter "$suite" || {
      status=1
      for log in "$logs"/*; do
        [ -e "$log" ] && sed "s/^/rank ${log##*/}: /" "$log"
      done
      echo "test-mpi: $suite failed on $ranks ranks" >&2
    }
  done
done
exit "$status"
