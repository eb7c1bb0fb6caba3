#!/usr/bin/env bash
# The promise, end to end: one configuration gives the same bytes of model.safetensors for every
# number of ranks and threads, and after ranks are killed and the run goes on, on as many or others.
#
#   scripts/test-end-to-end.sh [kills]      how often a run is killed before it may end; default 4
set -euo pipefail
cd "$(dirname "$0")/.."

kills=${1:-4}
swift build -c release --product lockstep
lockstep=$PWD/.build/release/lockstep
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LOCKSTEP_CACHE=$work/cache
# Eight micro-batches a step, dropout on; the embedded language.
settings=(--model tiny --vocabulary-size 600 --block-size 24 --micro-batch-size 2
  --global-batch-size 16 --steps 60 --warmup-steps 3 --learning-rate 1e-3 --dropout 0.1
  --log-every 100 --evaluate-every 0 --seed 11)
failed=0

train() { # train <ranks> <threads> <folder> [options…]
  local ranks=$1 threads=$2 folder=$3
  shift 3
  scripts/with-ranks.sh "$ranks" "$lockstep" train "${settings[@]}" --threads "$threads" \
    --output "$folder" "$@"
}

digest() { sha256sum "$1/model/model.safetensors" | cut -c1-64; }

check() { # check <what> <folder>
  local found
  found=$(digest "$2") || found=missing
  if [ "$found" = "$expected" ]; then
    echo "same bits: $1"
  else
    echo "OTHER BITS: $1: $found" >&2
    failed=1
  fi
}

train 1 1 "$work/1x1" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
expected=$(digest "$work/1x1")
echo "sha256 of DIR/model/model.safetensors: $expected"
for layout in 1x2 2x1 2x2 3x1 3x2 4x1 4x2 5x1 5x2 8x1 8x2; do
  train "${layout%x*}" "${layout#*x}" "$work/$layout" 2>"$work/log" || cat "$work/log" >&2
  check "$layout ranks x threads" "$work/$layout"
  rm -rf "${work:?}/$layout"
done

# The same in bf16, where the processor has it (elsewhere this is float32 once more).
train 1 1 "$work/bf16" --precision bf16 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
exact=$expected
expected=$(digest "$work/bf16")
for layout in 1x2 2x2 3x1 4x1; do
  train "${layout%x*}" "${layout#*x}" "$work/$layout" --precision bf16 2>"$work/log" ||
    cat "$work/log" >&2
  check "bf16, $layout ranks x threads" "$work/$layout"
  rm -rf "${work:?}/$layout"
done
expected=$exact

# Random kills: the seed is printed, so that a failure can be looked at again.
RANDOM=${LOCKSTEP_KILL_SEED:-$$}
echo "kill seed: ${LOCKSTEP_KILL_SEED:-$$}"
layouts=(1 2 3 4 5 8)
resumed=$work/killed
killed=0
for attempt in $(seq 1 40); do
  ranks=${layouts[RANDOM % 6]}
  options=(--save-every 3)
  if [ "$attempt" -gt 1 ]; then options+=(--resume); fi
  train "$ranks" 1 "$resumed" "${options[@]}" 2>"$work/log" &
  job=$!
  if [ "$killed" -lt "$kills" ]; then
    sleep "0.$((RANDOM % 8 + 2))"
    victims=($(pgrep -f "^$lockstep train .*--output $resumed " || true))
    if [ "${#victims[@]}" -gt 0 ]; then
      kill -9 "${victims[RANDOM % ${#victims[@]}]}" && killed=$((killed + 1))
      echo "killed one of ${#victims[@]} ranks"
    fi
  fi
  if wait "$job"; then break; fi
  # Killed before anything was saved, the run has nothing to go on from; it begins again.
  if [ "$killed" -ge "$kills" ] && ! grep -qiE "killed|signal|terminated|exited" "$work/log"; then
    tail -3 "$work/log" >&2
  fi
done
check "after $killed kills" "$resumed"
if [ "$killed" -eq 0 ]; then
  echo "NO KILLS: every attempt ended before its rank was killed" >&2
  failed=1
fi

exit "$failed"
