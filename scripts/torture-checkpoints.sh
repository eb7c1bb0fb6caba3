#!/usr/bin/env bash
# Breaks a run at its file operations and holds it to three things: it ends by itself with the right
# bits or with one message and a code for input and output, what was saved before stays, and the same
# command with --resume ends with the bits of a run that nobody disturbed.
#
#   scripts/torture-checkpoints.sh [points]     points: how many operations of each sweep; all if not given
#
# Sweeps: SIGKILL before the operation; SIGKILL in a run that goes on from such a wreck; EIO and ENOSPC
# at the operation, and from it on; disks (tmpfs) that are too small, where mounting is permitted.
set -euo pipefail
cd "$(dirname "$0")/.."

points=${1:-0}
swift build -c release --product lockstep
lockstep=$PWD/.build/release/lockstep
# In memory: a process that is killed leaves behind what it has written, synchronized or not.
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
disk=$work/disk
clean() {
  if mountpoint -q "$disk"; then umount "$disk"; fi
  rm -rf "$work"
}
trap clean EXIT
export LOCKSTEP_CACHE=none
cc -shared -fPIC -O1 -o "$work/faults.so" scripts/torture-faults.c -ldl

cat >"$work/config.json" <<'JSON'
{"model_type": "bert", "vocab_size": 80, "hidden_size": 8, "num_hidden_layers": 1,
 "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 16}
JSON
for line in {1..200}; do
  echo "the stone number $line falls under cloud $((line * 7 % 31)) and sings again"
done >"$work/text"
trials=0
announced=0 # the last step that a broken run has called saved

train() { # train <folder> [options…]: what it says goes to $work/log
  local folder=$1
  shift
  "$lockstep" train --data "$work/text" --model "$work/config.json" --vocabulary-size 80 \
    --block-size 16 --micro-batch-size 2 --global-batch-size 8 --steps 6 --warmup-steps 1 \
    --save-every 1 --keep 2 --log-every 1 --evaluate-every 0 --threads 1 --output "$folder" "$@" \
    2>"$work/log"
}

broken() { # broken <operation> <error, 0 for SIGKILL> <rest> <folder> [options…]
  TORTURE_AT=$1 TORTURE_ERROR=$2 TORTURE_REST=$3 TORTURE_FOLDER=$4 LD_PRELOAD=$work/faults.so \
    train "${@:4}"
}

fail() {
  echo "torture-checkpoints: $what: $*" >&2
  sed 's/^/  /' "$work/log" >&2
  exit 1
}

digest() { sha256sum "$1/model/model.safetensors" | cut -c1-64; }

whole() { # whole <folder>: the run is complete, right and clean
  [ "$(digest "$1")" = "$expected" ] || fail "other bits in $1"
  local left
  left=$(find "$1" -name '.tmp-*' -o -name '.trash-*' -o -name '*.new')
  [ -z "$left" ] || fail "left behind: $left"
  python3 - "$1/metrics.jsonl" <<'PYTHON' || fail "the metrics are not those of every step"
import json, sys
steps = [json.loads(line).get("step") for line in open(sys.argv[1]) if '"loss"' in line]
sys.exit(steps != [1, 2, 3, 4, 5, 6])
PYTHON
}

announce() { # notes what the last run has called saved
  local last
  last=$(sed -n 's/^step \([0-9]*\): saved.*/\1/p' "$work/log" | tail -1)
  announced=${last:-$announced}
}

recover() { # recover <folder>: the same command with --resume makes it whole
  local first
  train "$1" --resume || fail "the run does not go on"
  whole "$1"
  first=$(sed -n 's/^step \([0-9]*\)\/6 .*/\1/p' "$work/log" | head -1)
  [ "${first:-7}" -gt "$announced" ] || fail "step $announced was called saved and is lost"
  announced=0
  rm -rf "$1"
  trials=$((trials + 1))
}

ended_well() { # ended_well <code>: right at once, or one message and the code for input and output
  announce
  case $1 in
    0) [ "$(digest "$work/run")" = "$expected" ] || fail "other bits" ;;
    74)
      [ "$(grep -c '^error' "$work/log")" -eq 1 ] || fail "not one message" ;;
    *) fail "ended with code $1" ;;
  esac
}

sample() { # sample <operations>: as many of them as asked for, evenly apart
  if [ "$points" -eq 0 ] || [ "$points" -ge "$1" ]; then
    seq 1 "$1"
  else
    for ((i = 0; i < points; i++)); do echo $((1 + (i * $1 + RANDOM % $1) / points)); done
  fi
}

what="an undisturbed run"
RANDOM=${LOCKSTEP_TORTURE_SEED:=$$}
train "$work/whole" || fail "failed"
expected=$(digest "$work/whole")
whole "$work/whole"
TORTURE_LOG=$work/operations broken 0 0 0 "$work/run" || fail "failed"
operations=$(wc -l <"$work/operations")
rm -rf "$work/run"
echo "$operations file operations of 6 steps with 6 checkpoints, seed $LOCKSTEP_TORTURE_SEED"

kill_at() { # kill_at <operation> [options…]
  local code=0
  # In a shell of its own, which says nothing about the kill.
  (broken "$1" 0 0 "$work/run" "${@:2}") 2>/dev/null || code=$?
  [ "$code" -eq 137 ] || [ "$code" -eq 0 ] || fail "ended with code $code"
  announce
}

for operation in $(sample "$operations"); do
  what="SIGKILL at $(sed -n "${operation}p" "$work/operations")"
  kill_at "$operation"
  recover "$work/run"
done
echo "killed at operations: $trials trials"

compound=$trials
for operation in $(sample "$operations"); do
  second=$((1 + RANDOM % (operations / 2)))
  what="SIGKILL at operation $operation, then at $second of the resumed run"
  kill_at "$operation"
  kill_at "$second" --resume
  recover "$work/run"
done
echo "killed again while going on: $((trials - compound)) trials"

errors=$trials
for error in 5 28; do
  for rest in 0 1; do
    for operation in $(sample "$operations"); do
      what="error $error (rest $rest) at $(sed -n "${operation}p" "$work/operations")"
      code=0
      broken "$operation" "$error" "$rest" "$work/run" || code=$?
      ended_well "$code"
      recover "$work/run"
    done
  done
done
echo "EIO and ENOSPC: $((trials - errors)) trials"

mkdir "$disk"
if mount -t tmpfs -o size=64k none "$disk" 2>/dev/null; then
  umount "$disk"
  full=$trials
  needed=$(du -sk "$work/whole" | cut -f1)
  for size in $(sample "$((needed / 4 + 8))"); do
    what="a disk of $((size * 4)) KiB, where $needed are needed"
    mount -t tmpfs -o "size=$((size * 4))k" none "$disk"
    code=0
    train "$disk/run" || code=$?
    mkdir -p "$disk/run"
    cp -a "$disk/run" "$work/run"
    umount "$disk"
    ended_well "$code"
    recover "$work/run"
  done
  echo "small disks: $((trials - full)) trials"
else
  echo "small disks: skipped, mounting is not permitted"
fi
echo "torture-checkpoints: $trials trials, all well"
