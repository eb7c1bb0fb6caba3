#!/usr/bin/env python3
"""Runs Lockstep and PyTorch in turn on the same work and prints a table in Markdown.

  PYTHON=… make benchmark                               everything: about half an hour on 2 cores
  python Benchmarks/benchmark.py --shapes tiny mini --layouts 1x1 2x1 --rounds 3

Run it with an interpreter that has torch and transformers. A layout is ranks x threads. Every round
runs both programs one after the other, the next round the other way about; numbers are medians over
all timed steps of all rounds. `share` is the rate of the matrix products that a program carries
out, over what `lockstep benchmark` measured for large products alone, in the same run on as many
ranks and threads. `foreign` is how many cores others kept busy meanwhile: believe rows where it is small.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
ROWS, LENGTH, MASKED = 8, 128, 0.15
DISTURBED_CORES = 0.2
LAYOUTS = ["1x1", "1x2", "2x1"]


def parse(shapes):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", nargs="+", choices=shapes, default=list(shapes))
    parser.add_argument("--layouts", nargs="+", default=LAYOUTS, help="ranks x threads, as in 2x1")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="timed steps a round (default: by shape)")
    parser.add_argument("--best", action="store_true",
                        help="PyTorch with the head on masked rows and fused AdamW")
    parser.add_argument("--patience", type=int, default=0,
                        help="how often to repeat a run that others disturbed")
    parser.add_argument("--lockstep", default=os.path.join(ROOT, ".build/release/lockstep"))
    parser.add_argument("--only", choices=["lockstep", "torch"], help="run one program only")
    parser.add_argument("--json", help="write everything measured to this file")
    return parser.parse_args()


def products(sizes, *, masked_rows, whole_head, whole_last_layer):
    """Floating-point operations of one rank's matrix products in a step, forward and backward.

    Backward multiplies twice as much as forward: once for the inputs, once for the weights.
    """
    hidden, inner, layers = sizes["hidden"], sizes["intermediate"], sizes["layers"]
    tokens = ROWS * LENGTH
    everywhere = 4 * hidden * hidden + 2 * hidden * inner
    weights = layers * tokens * everywhere
    # Scores and mixtures: every token with every token of its row.
    attention = layers * tokens * 2 * LENGTH * hidden
    if not whole_last_layer:
        # Queries, output and feed-forward of the last layer are needed at masked rows only.
        spared = tokens - masked_rows
        weights -= spared * (everywhere - 2 * hidden * hidden)
        attention -= spared * 2 * LENGTH * hidden
    head = tokens if whole_head else masked_rows
    return 6 * (weights + attention + head * (hidden * hidden + hidden * sizes["vocabulary"]))


def environment(threads):
    """The surroundings of a program that may use `threads` threads a process."""
    found = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        found[name] = str(threads)
    found["TOKENIZERS_PARALLELISM"] = "false"
    return found


def torch_command(shape, ranks, threads, steps, best):
    start = [sys.executable]
    if ranks > 1:
        start += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
    command = start + [os.path.join(HERE, "torch_peer.py"), "--shape", shape, "--threads",
                       str(threads), "--steps", str(steps)]
    return command + (["--head", "masked", "--adamw", "fused"] if best else [])


def lockstep_command(path, shape, ranks, threads, steps):
    return [os.path.join(ROOT, "scripts/with-ranks.sh"), str(ranks), path, "benchmark",
            "--model-shape", shape, "--threads", str(threads), "--steps", str(steps), "--json"]


def busy_seconds():
    """Seconds in which any core of the machine worked, since it started."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(word) for word in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(command, threads):
    """Runs one program and returns its JSON object with `foreign` added."""
    begun, busy, own = time.time(), busy_seconds(), own_seconds()
    found = subprocess.run(
        command, env=environment(threads), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [line for line in found.stdout.splitlines() if line.startswith("{")]
    if found.returncode != 0 or not lines:
        sys.exit(f"{' '.join(command)}: ended with {found.returncode} and "
                 f"{len(lines)} results\n{found.stderr[-2000:]}")
    others = (busy_seconds() - busy) - (own_seconds() - own)
    return {**json.loads(lines[-1]), "foreign": max(0.0, others) / (time.time() - begun)}


def measure_patiently(command, threads, patience):
    """The least disturbed of up to `patience` + 1 runs; stops at the first quiet one."""
    runs = []
    while len(runs) <= patience:
        runs.append(measure(command, threads))
        if runs[-1]["foreign"] < DISTURBED_CORES:
            break
    return min(runs, key=lambda run: run["foreign"])


def summary(results):
    """The medians of one program's rounds."""
    steps = [seconds for result in results for seconds in result["step_seconds"]]
    return dict(
        seconds=statistics.median(steps),
        fastest=min(steps), slowest=max(steps),
        memory=max(result["peak_rss_bytes"] for result in results),
        startup=statistics.median(result.get("startup_seconds", float("nan"))
                                  for result in results),
        foreign=max(result["foreign"] for result in results),
        ceiling=statistics.median(result.get("sgemm_gflops", float("nan")) for result in results))


def row(shape, ranks, threads, sizes, found, best):
    """One line of the table; a program that was not run leaves its cells empty."""
    tokens = ROWS * LENGTH * ranks
    masked = round(MASKED * ROWS * (LENGTH - 2))
    work = {
        "lockstep": products(
            sizes, masked_rows=masked, whole_head=False, whole_last_layer=False),
        "torch": products(sizes, masked_rows=masked, whole_head=not best, whole_last_layer=True),
    }
    ceiling = found["lockstep"]["ceiling"] if "lockstep" in found else float("nan")
    cells = [shape, f"{ranks} × {threads}"]
    for name in ("lockstep", "torch"):
        one = found.get(name)
        cells.append(f"{tokens / one['seconds']:,.0f}" if one else "")
    both = len(found) == 2
    ratio = found["torch"]["seconds"] / found["lockstep"]["seconds"] if both else None
    cells.append(f"{ratio:.2f}" if both else "")
    for name in ("lockstep", "torch"):
        one = found.get(name)
        rate = ranks * work[name] / one["seconds"] / 1e9 if one else float("nan")
        share = rate / ceiling
        cells.append(f"{rate:,.0f} ({share:.0%})" if share == share else f"{rate:,.0f}" * bool(one))
    cells.append(f"{ceiling:,.0f}" if ceiling == ceiling else "")
    for key, scale, form in (("memory", 2**20, "{:,.0f}"), ("startup", 1, "{:.2f}")):
        for name in ("lockstep", "torch"):
            one = found.get(name)
            value = one[key] / scale if one else float("nan")
            cells.append(form.format(value) if value == value else "")
    cells.append(f"{max(one['foreign'] for one in found.values()):.2f}")
    return "| " + " | ".join(cells) + " |"


HEADER = """\
| shape | ranks × threads | Lockstep tokens/s | PyTorch tokens/s | ratio | Lockstep GFLOP/s (share) \
| PyTorch GFLOP/s (share) | ceiling GFLOP/s | Lockstep MiB | PyTorch MiB | Lockstep start s \
| PyTorch start s | foreign |
|---|---|---|---|---|---|---|---|---|---|---|---|---|"""


def machine():
    """One line about where and what was measured."""
    model = platform.processor() or platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                            capture_output=True, text=True).stdout.strip()
    return f"{model}, {os.cpu_count()} cores; commit {commit}; {time.strftime('%Y-%m-%d')}"


def main():
    with open(os.path.join(HERE, "shapes.json"), encoding="utf-8") as file:
        shapes = json.load(file)
    options = parse(shapes)
    print(machine())
    print(f"{ROWS} x {LENGTH} tokens a rank and step, float32, dropout 0.1, AdamW; medians of "
          f"{options.rounds} rounds; PyTorch " + ("at its best" if options.best else
                                                  "as the tutorial has it") + "\n")
    print(HEADER, flush=True)
    record = []
    for shape in options.shapes:
        steps = options.steps or shapes[shape]["steps"]
        for layout in options.layouts:
            ranks, threads = map(int, layout.split("x"))
            commands = {
                "lockstep": lockstep_command(options.lockstep, shape, ranks, threads, steps),
                "torch": torch_command(shape, ranks, threads, steps, options.best),
            }
            if options.only:
                commands = {options.only: commands[options.only]}
            results = {name: [] for name in commands}
            for turn in range(options.rounds):
                order = list(commands) if turn % 2 == 0 else list(commands)[::-1]
                for name in order:
                    results[name].append(
                        measure_patiently(commands[name], threads, options.patience))
            found = {name: summary(runs) for name, runs in results.items()}
            print(row(shape, ranks, threads, shapes[shape], found, options.best), flush=True)
            record.append(dict(shape=shape, ranks=ranks, threads=threads, results=results))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(dict(machine=machine(), record=record), file, indent=1)


if __name__ == "__main__":
    main()
