#!/usr/bin/env bash
# run.sh [ranks…]: sums of 344 MB of gradients, both ways of Lockstep and MPI_Allreduce in turn.
set -euo pipefail
cd "$(dirname "$0")/../.."

swift build -c release --product GradientSums
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mpicc -O3 -o "$work/allreduce" Benchmarks/GradientSums/allreduce.c
[ "$#" -gt 0 ] || set -- 2 4
for ranks in "$@"; do
  for round in 1 2 3; do
    echo "== $ranks ranks, round $round"
    scripts/with-ranks.sh "$ranks" .build/release/GradientSums
    scripts/with-ranks.sh "$ranks" "$work/allreduce"
  done
done
