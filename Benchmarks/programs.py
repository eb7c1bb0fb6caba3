"""The programs that are compared: how each is started, and what is measured of it."""

import json
import os
import resource
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
JEMALLOC = ["/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", "/usr/lib/aarch64-linux-gnu/libjemalloc.so.2"]
NAMES = ["lockstep", "tutorial", "best"]


def jemalloc():
    """The path of jemalloc (Debian's libjemalloc2), or None."""
    return next((path for path in JEMALLOC if os.path.exists(path)), None)


def command(name, shape, precision, ranks, threads, steps, lockstep):
    """The command line of a program.

    `tutorial` is PyTorch as the Transformers tutorial has it, `best` as its best user would tune it:
    the head on masked rows only, fused AdamW, jemalloc with huge pages (see `environment`).
    """
    if name == "lockstep":
        return [os.path.join(ROOT, "scripts/with-ranks.sh"), str(ranks), lockstep, "benchmark",
                "--model-shape", shape, "--threads", str(threads), "--steps", str(steps),
                "--precision", precision, "--json"]
    start = [sys.executable]
    if ranks > 1:
        start += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
    tuned = ["--head", "masked", "--adamw", "fused"] if name == "best" else []
    return start + [os.path.join(HERE, "torch_peer.py"), "--shape", shape, "--threads", str(threads),
                    "--steps", str(steps), "--precision", precision] + tuned


def environment(name, threads):
    """The surroundings of a program that may use `threads` threads a process."""
    found = dict(os.environ)
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        found[variable] = str(threads)
    found["TOKENIZERS_PARALLELISM"] = "false"
    if name == "best" and jemalloc():
        found["LD_PRELOAD"] = jemalloc()
        found["MALLOC_CONF"] = "thp:always,metadata_thp:always,dirty_decay_ms:-1,muzzy_decay_ms:-1"
    return found


def busy_seconds():
    """Seconds in which any core of the machine worked, since it started."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(word) for word in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(line, surroundings):
    """Runs one program and returns its JSON object with `foreign` added: the cores that others kept
    busy meanwhile, this machine's other guests included where the system counts them."""
    begun, busy, own = time.time(), busy_seconds(), own_seconds()
    found = subprocess.run(
        line, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [line for line in found.stdout.splitlines() if line.startswith("{")]
    if found.returncode != 0 or not lines:
        sys.exit(f"{' '.join(line)}: ended with {found.returncode} and "
                 f"{len(lines)} results\n{found.stderr[-2000:]}")
    others = (busy_seconds() - busy) - (own_seconds() - own)
    return {**json.loads(lines[-1]), "foreign": max(0.0, others) / (time.time() - begun)}


def measure_patiently(line, surroundings, patience, disturbed=0.2):
    """The least disturbed of up to `patience` + 1 runs; stops at the first quiet one."""
    runs = []
    while len(runs) <= patience:
        runs.append(measure(line, surroundings))
        if runs[-1]["foreign"] < disturbed:
            break
    return min(runs, key=lambda run: run["foreign"])
