#!/usr/bin/env bash
# Builds Lockstep for arm64 with Debian's own Swift compiler and trains with it on emulated processors,
# which must give one model byte by byte, alone and on threads, and nearly this machine's.
#
#   scripts/check-arm64.sh [folder]     default: ~/.cache/lockstep-arm64; takes 8 GB
#
# Root on Debian x86-64, with qemu-user. SUITE is a release of Debian with Swift 6.2 or later (sid); packages
# come from where this machine's come from and are unpacked in the folder, not installed.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/lockstep-arm64}
suite=${SUITE:-sid}

stop() {
  echo "check-arm64: $1" >&2
  exit 78
}
[ "$(id -u)" -eq 0 ] || stop "compiling in another root needs root"
command -v qemu-aarch64 >/dev/null || stop "qemu-aarch64 is missing: apt-get install qemu-user"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
  grep -m1 '/debian/*$') || stop "no Debian mirror among this machine's package sources"

unpack() { # unpack <architecture> <package…>: them and what they need, into $folder/<architecture>
  local architecture=$1 apt=$folder/apt-$1 root=$folder/$1
  shift
  [ -e "$root/complete" ] && return
  rm -rf "$root"
  mkdir -p "$apt"/{lists,cache/archives}/partial "$root"/usr/{bin,sbin,lib,lib64}
  touch "$apt/status"
  echo "deb [trusted=yes] $mirror $suite main" >"$apt/sources"
  printf '%s\n' "Dir::Etc::sourcelist \"$apt/sources\";" 'Dir::Etc::sourceparts "-";' \
    "Dir::State::lists \"$apt/lists\";" "Dir::State::status \"$apt/status\";" \
    "Dir::Cache \"$apt/cache\";" 'APT::Sandbox::User "root";' 'APT::Install-Recommends "false";' \
    "APT::Architecture \"$architecture\";" "APT::Architectures { \"$architecture\"; };" >"$apt/conf"
  echo "check-arm64: fetching ${*} for $architecture"
  apt-get -c "$apt/conf" -qq update
  apt-get -c "$apt/conf" -qq install --yes --download-only "$@" >/dev/null
  for directory in bin sbin lib lib64; do ln -sfn "usr/$directory" "$root/$directory"; done
  for package in "$apt"/cache/archives/*.deb; do
    # Some packages bring devices or owners that do not matter here.
    dpkg-deb --fsys-tarfile "$package" |
      tar -x -C "$root" --keep-directory-symlink --skip-old-files --no-same-owner 2>/dev/null || true
  done
  rm -rf "$apt"
  touch "$root/complete"
}

unpack amd64 swiftlang g++ bash coreutils git
unpack arm64 swiftlang g++ libopenmpi-dev libopenblas-dev libssl-dev libcurl4-openssl-dev

# A Swift SDK that makes the one root's compiler read the other's libraries.
sdk=$folder/amd64/root/.swiftpm/swift-sdks/arm64.artifactbundle
mkdir -p "$sdk/arm64" "$folder"/amd64/{proc,dev,tmp,source,build,sysroot} "$folder/build"
cat >"$sdk/info.json" <<'END'
{"schemaVersion": "1.0",
 "artifacts": {"arm64": {"type": "swiftSDK", "version": "1", "variants": [{"path": "arm64"}]}}}
END
cat >"$sdk/arm64/swift-sdk.json" <<'END'
{"schemaVersion": "4.0", "targetTriples": {"aarch64-unknown-linux-gnu": {
  "sdkRootPath": "/sysroot", "swiftResourcesPath": "/sysroot/usr/libexec/swift/lib/swift",
  "toolsetPaths": ["toolset.json"]}}}
END
cat >"$sdk/arm64/toolset.json" <<'END'
{"schemaVersion": "1.0", "rootPath": "/usr/libexec/swift/bin", "linker": {"path": "ld.lld"},
 "swiftCompiler": {"extraCLIOptions":
  ["-use-ld=lld", "-Xcc", "-I/sysroot/usr/include/aarch64-linux-gnu"]}}
END

echo "check-arm64: building"
root=$folder/amd64
export source folder root
unshare --mount bash -c '
  mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" &&
  mount --bind "$folder/arm64" "$root/sysroot" && mount --bind "$folder/build" "$root/build" &&
  mount --bind -o ro "$source" "$root/source" &&
  exec env -i HOME=/root PATH=/usr/libexec/swift/bin:/usr/bin:/usr/sbin PKG_CONFIG_SYSROOT_DIR=/sysroot \
    PKG_CONFIG_PATH=/sysroot/usr/lib/aarch64-linux-gnu/pkgconfig chroot "$root" swift build \
    --package-path /source --scratch-path /build -c release --swift-sdk arm64 --product lockstep
' >"$folder/log" 2>&1 || { tail -20 "$folder/log" >&2; exit 1; }

swift build -c release --product lockstep >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libraries=$folder/arm64/usr/lib/aarch64-linux-gnu:$folder/arm64/usr/libexec/swift/lib/swift/linux

train() { # train <name> <threads> <program…>: prints the gradient norm of the third step
  local output=$work/$1 threads=$2
  shift 2
  "$@" train --model micro --steps 3 --threads "$threads" --micro-batch-size 1 \
    --global-batch-size 2 --block-size 16 --validation-fraction 0.0001 --log-every 1 \
    --output "$output" >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; return 1; }
  sed -n 's/.*"grad_norm":\([0-9.]*\).*/\1/p' "$output/metrics.jsonl" | tail -1
}

expected=$(train here 1 .build/release/lockstep)
echo "this processor: gradient norm $expected"
failed=0
for processor in cortex-a57 neoverse-n1 a64fx max; do
  for threads in 1 2; do
    found=$(train "$processor-$threads" "$threads" qemu-aarch64 -cpu "$processor" \
      -L "$folder/arm64" -E "LD_LIBRARY_PATH=$libraries" \
      "$folder/build/aarch64-unknown-linux-gnu/release/lockstep")
    if cmp "$work"/{cortex-a57-1,"$processor-$threads"}/model/model.safetensors &&
      awk -v a="$found" -v b="$expected" 'BEGIN { d = a / b - 1; exit !(d < 1e-6 && d > -1e-6) }'; then
      echo "$processor, $threads threads: gradient norm $found"
    else
      echo "FAILED: $processor, $threads threads: gradient norm ${found:-none}" >&2
      failed=1
    fi
  done
done
exit "$failed"
