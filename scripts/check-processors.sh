#!/usr/bin/env bash
# Trains a few steps on processors that this machine does not have, emulated by qemu-user (an emulated
# processor ends a program that executes an instruction it lacks), and compiles the kernels for arm64.
# Those with fused multiply-adds must give this processor's models byte by byte.
set -uo pipefail
cd "$(dirname "$0")/.."

for program in qemu-x86_64 clang; do
  if ! command -v "$program" >/dev/null; then
    echo "$program is missing: apt-get install qemu-user; clang comes with the Swift toolchain" >&2
    exit 78
  fi
done
lockstep=.build/release/lockstep
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
swift build -c release --product lockstep >/dev/null || exit 1

train() { # train <name> <model> <command before the program…>: prints the gradient norm of the third step
  local output=$work/$1 model=$2
  shift 2
  "$@" "$lockstep" train --model "$model" --steps 3 --threads 1 --micro-batch-size 1 \
    --global-batch-size 2 --block-size 16 --validation-fraction 0.0001 --log-every 1 \
    --output "$output" >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; return 1; }
  sed -n 's/^run: .* thread, //p' "$work/log" >&2
  sed -n 's/.*"grad_norm":\([0-9.]*\).*/\1/p' "$output/metrics.jsonl" | tail -1
}

same() { # same <name> <name>: the models are equal byte by byte
  cmp "$work/$1/model/model.safetensors" "$work/$2/model/model.safetensors"
}

expected=$(train here micro) || exit 1
echo "this processor: gradient norm $expected"
# Without any extension only nearly the same.
if found=$(train qemu64 micro qemu-x86_64 -cpu qemu64) &&
  awk -v a="$found" -v b="$expected" 'BEGIN { d = a - b; exit !(d < 1e-4 && d > -1e-4) }'; then
  echo "qemu64: gradient norm $found"
else
  echo "FAILED: qemu64: gradient norm ${found:-none}" >&2
  failed=1
fi
# With AVX2, of two makers, for every architecture: the same bits as here, if here are fused multiply-adds.
for model in micro Tests/ModelsTests/Fixtures/{albert,deberta-v2,distilbert,electra,modernbert,mpnet,roberta}/config.json; do
  name=$(basename "$(dirname "$model")")
  [ "$model" = micro ] && name=bert
  train "$name" "$model" env >/dev/null 2>&1 || failed=1
  for processor in Haswell EPYC; do
    if train "$name-$processor" "$model" qemu-x86_64 -cpu "$processor" >/dev/null 2>&1 &&
      same "$name" "$name-$processor"; then
      echo "$processor: $name: the same model"
    else
      echo "FAILED: $processor: $name: another model" >&2
      tail -3 "$work/log" >&2
      failed=1
    fi
  done
done

headers=/usr/aarch64-linux-gnu/include
if [ -d "$headers" ]; then
  for file in Sources/CKernels/*.c; do
    clang --target=aarch64-linux-gnu -isystem "$headers" -O3 -Wall -Werror -ISources/CKernels/include \
      -c "$file" -o "$work/kernel.o" || failed=1
  done
  echo "arm64: $(ls Sources/CKernels/*.c | wc -l) kernel files compile"
else
  echo "arm64: not compiled, apt-get install libc6-dev-arm64-cross"
fi
exit "$failed"
