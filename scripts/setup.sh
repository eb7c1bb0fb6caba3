#!/usr/bin/env bash
# Installs the system packages that Lockstep builds and runs with, if any is missing (Debian, Ubuntu).
# Says what it does; where nothing is missing it does nothing, says nothing and needs no network.
set -euo pipefail

if ! command -v swift >/dev/null; then
  echo "setup: no Swift toolchain found: expected 'swift' on PATH: install Swift 6.2 or later" >&2
  exit 1
fi

missing=()
need() { # need <package> <command that succeeds where the package is there>
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}
need make command -v make
need pkg-config command -v pkg-config
need python3 command -v python3
need openmpi-bin command -v mpirun
need libopenmpi-dev pkg-config --exists ompi-c
need libopenblas-dev pkg-config --exists openblas
need libssl-dev pkg-config --exists libcrypto
need libcurl4-openssl-dev pkg-config --exists libcurl
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "setup: missing: ${missing[*]}: no apt-get here: install their like by hand" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: missing: ${missing[*]}: neither root nor sudo: have them installed" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "setup: installing ${missing[*]} (${as_root[*]:+sudo }apt-get install)"
"${as_root[@]}" apt-get -qq update ||
  echo "setup: the package lists could not be refreshed; trying with those at hand" >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null || {
  echo "setup: could not install ${missing[*]}: see apt-get's message above" >&2
  exit 1
}
echo "setup: done"
