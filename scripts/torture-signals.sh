#!/usr/bin/env bash
# Runs under a storm of signals: every one interrupts some thread and none may do harm. A library that
# multiplies matrices may keep numbers where a signal's frame is written, as oneDNN did.
set -uo pipefail
cd "$(dirname "$0")/.."

lockstep=.build/release/lockstep
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

swift build -c release --product lockstep >/dev/null || exit 1
cc -shared -fPIC -O1 -o "$work/signals.so" scripts/torture-signals.c || exit 1

storm() { # storm <what it is> <argument…>: lockstep must end well after at least 1,000 signals
  local title=$1 status count
  shift
  LD_PRELOAD="$work/signals.so" "$lockstep" "$@" >"$work/log" 2>&1
  status=$?
  count=$(sed -n 's/^signals: //p' "$work/log")
  if [ "$status" -eq 0 ] && [ "${count:-0}" -ge 1000 ]; then
    echo "$title: $count signals, no harm"
  else
    echo "FAILED: $title: status $status after ${count:-an unknown number of} signals" >&2
    tail -3 "$work/log" >&2
    failed=1
  fi
}

precisions=(fp32)
# A benchmark in bf16 is refused where the processor has no instructions for it.
if grep -qw avx512_bf16 /proc/cpuinfo; then precisions+=(bf16); fi
for precision in "${precisions[@]}"; do
  storm "training in $precision" train --model micro --steps 15 --threads 2 \
    --precision "$precision" --output "$work/$precision"
  storm "a benchmark in $precision" benchmark --model-shape tiny --steps 10 --threads 2 \
    --precision "$precision" --json
done
exit "$failed"
