#!/usr/bin/env bash
# with-ranks.sh <ranks> <program> [arguments…]: runs a program alone (1) or under mpirun on this machine.
set -euo pipefail

ranks=${1:?usage: with-ranks.sh <ranks> <program> [arguments…]}
shift
if ! [[ $ranks =~ ^[1-9][0-9]*$ ]]; then
  echo "with-ranks: RANKS: not a number of ranks: expected 1 or more, found '$ranks'" >&2
  exit 64
fi
[ "$ranks" -eq 1 ] && exec "$@"

if [ "$(id -u)" -eq 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# Unbound, or every rank's threads would share the one core that mpirun binds it to.
exec mpirun -n "$ranks" --oversubscribe --bind-to none "$@"
