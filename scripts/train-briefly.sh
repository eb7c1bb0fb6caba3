#!/usr/bin/env bash
# A short training end to end through the command line: text in, a model out, the same bits on two
# ranks; then evaluation and filled-in masks of what was trained.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product lockstep
lockstep=.build/release/lockstep
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LOCKSTEP_CACHE=$work/cache

settings=(--data README.md CONTRIBUTING.md Documentation/*.md --model tiny --vocabulary-size 500
  --block-size 32 --micro-batch-size 2 --global-batch-size 16 --steps 12 --warmup-steps 2
  --learning-rate 1e-3 --log-every 4 --seed 7)
for ranks in 1 2; do
  scripts/with-ranks.sh "$ranks" "$lockstep" train "${settings[@]}" --threads 1 \
    --output "$work/$ranks"
done
if ! cmp "$work/1/model/model.safetensors" "$work/2/model/model.safetensors"; then
  echo "train-briefly: one rank and two ranks ended with different parameters" >&2
  exit 1
fi
"$lockstep" evaluate --model "$work/1/model" --data README.md
"$lockstep" fill-mask --model "$work/1/model" "the [MASK] of a rank"
