#!/usr/bin/env bash
# Makes a cluster of this machine: "hosts" that are network namespaces with names of their own, joined
# by a switch, and mpirun with a hostfile across them. Holds training on two hosts, and on three with
# two ranks each, to the bits of one rank, then cuts a host off in the middle of a run and goes on
# without it. Needs root and iproute2; where namespaces are not permitted it says so and ends well.
set -euo pipefail
cd "$(dirname "$0")/.."

name=lockstep-$$
network=10.77.0
hosts=3
work=$(mktemp -d)
clean() {
  for namespace in $(ip netns list 2>/dev/null | awk -v name="$name-" 'index($1, name) == 1 { print $1 }'); do
    ip netns delete "$namespace"
  done
  rm -rf "$work"
}
trap clean EXIT

if ! ip netns add "$name-switch" 2>/dev/null; then
  echo "cluster: skipped: network namespaces are not permitted here (they need root and iproute2)"
  exit 0
fi
ip -n "$name-switch" link add switch type bridge
ip -n "$name-switch" link set switch up
for ((host = 1; host <= hosts; host++)); do
  ip netns add "$name-$host"
  ip -n "$name-$host" link add net type veth peer name "port$host" netns "$name-switch"
  ip -n "$name-$host" address add "$network.$host/24" dev net
  ip -n "$name-$host" link set lo up
  ip -n "$name-$host" link set net up
  ip -n "$name-switch" link set "port$host" master switch up
done

# What mpirun calls in place of ssh: agent <host> <command…>.
cat >"$work/agent" <<AGENT
#!/usr/bin/env bash
host=\${1##*.}
shift
exec ip netns exec $name-\$host unshare --uts bash -c "hostname $name-\$host; \$*"
AGENT
chmod +x "$work/agent"

swift build -c release --product lockstep
lockstep=$PWD/.build/release/lockstep
export LOCKSTEP_CACHE=$work/cache LOCKSTEP_TIMEOUT=60
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# What every rank runs, and one rank alone: train <folder> [options…].
cat >"$work/train" <<TRAIN
#!/usr/bin/env bash
exec "$lockstep" train --model tiny --vocabulary-size 600 --block-size 24 --micro-batch-size 2 \
  --global-batch-size 16 --steps 40 --warmup-steps 3 --learning-rate 1e-3 --evaluate-every 0 \
  --save-every 10 --log-every 10 --seed 11 --threads 1 --output "\$@"
TRAIN
chmod +x "$work/train"

on_hosts() { # on_hosts <hosts> <ranks a host> <folder>
  for ((host = 1; host <= $1; host++)); do echo "$network.$host slots=$2"; done >"$work/hosts"
  timeout -k 5 90 "$work/agent" "$network.1" mpirun --quiet -n $(($1 * $2)) \
    --hostfile "$work/hosts" --mca plm_rsh_agent "$work/agent" --bind-to none --oversubscribe \
    --mca btl_tcp_if_include "$network.0/24" --mca oob_tcp_if_include "$network.0/24" \
    --mca oob_tcp_keepalive_time 3 --mca oob_tcp_keepalive_intvl 1 \
    --mca oob_tcp_keepalive_probes 3 -x LOCKSTEP_CACHE -x LOCKSTEP_TIMEOUT "$work/train" "$3" \
    2>"$work/log"
}

sent() { # the bytes that host 1 has sent to the others
  ip netns exec "$name-1" cat /sys/class/net/net/statistics/tx_bytes
}

digest() { sha256sum "$1/model/model.safetensors" | cut -c1-64; }

failed=0
compare() { # compare <what> <folder>
  local found
  found=$(digest "$2") || found=missing
  if [ "$found" = "$expected" ]; then
    echo "same bits: $1"
  else
    echo "OTHER BITS: $1: $found" >&2
    failed=1
  fi
}

"$work/train" "$work/alone" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
expected=$(digest "$work/alone")
echo "sha256 of DIR/model/model.safetensors: $expected"
for layout in 2x1 3x2; do
  before=$(sent)
  on_hosts "${layout%x*}" "${layout#*x}" "$work/$layout" || cat "$work/log" >&2
  compare "$layout hosts x ranks, $((($(sent) - before) >> 20)) MiB sent by the first" \
    "$work/$layout"
done

# The second host is cut off once something is saved.
LOCKSTEP_TIMEOUT=5 on_hosts 2 1 "$work/cut" &
job=$!
for ((i = 0; i < 300; i++)); do
  if [ -e "$work/cut/checkpoints/step-00000010" ]; then break; fi
  sleep 0.1
done
ip -n "$name-switch" link set port2 down
start=$SECONDS
code=0
wait "$job" || code=$?
echo "cut off: code $code after $((SECONDS - start)) s: $(grep -m 1 '^error' "$work/log" ||
  tail -1 "$work/log")"
if [ "$code" -eq 0 ] || [ "$code" -ge 124 ] && [ "$code" -le 137 ]; then
  echo "cluster: a run that was cut off did not end by itself" >&2
  failed=1
fi
"$work/train" "$work/cut" --resume 2>"$work/log" || cat "$work/log" >&2
compare "one host goes on alone after the cut" "$work/cut"
exit "$failed"
