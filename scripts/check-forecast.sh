#!/usr/bin/env bash
# Compares the forecast of memory with what a process holds at its fullest, on 1 and 2 ranks.
#
#   scripts/check-forecast.sh [shape…]      shapes of `lockstep benchmark`; default: tiny mini
#
# All of them take two minutes: scripts/check-forecast.sh tiny mini small distilroberta
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product lockstep >/dev/null
tolerance=10 # percent
failed=0
if [ $# -eq 0 ]; then set -- tiny mini; fi

number() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" <<<"$2"; }

for shape in "$@"; do
  for ranks in 1 2; do
    for options in "" --recompute; do
      result=$(scripts/with-ranks.sh "$ranks" .build/release/lockstep benchmark --json \
        --model-shape "$shape" --steps 1 --threads 1 $options)
      measured=$(number peak_rss_bytes "$result")
      forecast=$(number forecast_rss_bytes "$result")
      percent=$(((forecast - measured) * 100 / measured))
      printf '%-14s %s ranks %-12s forecast %5d MB, measured %5d MB: %+d %%\n' "$shape" "$ranks" \
        "$options" $((forecast / 1000000)) $((measured / 1000000)) "$percent"
      if [ "${percent#-}" -gt "$tolerance" ]; then
        echo "check-forecast: more than $tolerance % beside what is used" >&2
        failed=1
      fi
    done
  done
done
exit "$failed"
