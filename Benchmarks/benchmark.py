#!/usr/bin/env python3
"""Runs Lockstep and PyTorch in turn on the same work and prints a table in Markdown.

  PYTHON=… make benchmark                               everything: about an hour on 2 cores
  python Benchmarks/benchmark.py --shapes tiny mini --layouts 1x1 2x1 --precisions fp32

Run it with an interpreter that has torch and transformers. A layout is ranks x threads. Every round
runs the programs one after the other, the next round the other way about; numbers are medians over
all timed steps of all rounds, printed as they come. `floor` is the share of the least possible time of
a step (its matrix products at the rate of large ones and AdamW's bytes at the memory's rate, both
measured by `lockstep benchmark` in the same run) in the measured time. `foreign` is how many cores
others kept busy meanwhile: believe rows where it is small.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import time

import programs
import work

LAYOUTS = ["1x1", "1x2", "2x1"]
HEADER = ["shape", "precision", "ranks × threads", "Lockstep tokens/s", "tutorial", "best",
          "× tutorial", "× best", "floor", "products GFLOP/s (of large ones)", "MiB", "tutorial",
          "best", "start s", "tutorial", "best", "foreign"]


def parse(shapes):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", nargs="+", choices=shapes, default=list(shapes))
    parser.add_argument("--layouts", nargs="+", default=LAYOUTS, help="ranks x threads, as in 2x1")
    parser.add_argument("--precisions", nargs="+", choices=["fp32", "bf16"],
                        default=["fp32", "bf16"])
    parser.add_argument("--programs", nargs="+", choices=programs.NAMES, default=programs.NAMES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, help="timed steps a round (default: by shape)")
    parser.add_argument("--patience", type=int, default=0,
                        help="how often to repeat a run that others disturbed")
    parser.add_argument("--lockstep",
                        default=os.path.join(programs.ROOT, ".build/release/lockstep"))
    parser.add_argument("--json", help="write everything measured to this file, row by row")
    return parser.parse_args()


def summary(results):
    """The medians of one program's rounds."""
    steps = [seconds for result in results for seconds in result["step_seconds"]]

    def median(key):
        found = [result[key] for result in results if key in result]
        return statistics.median(found) if found else float("nan")

    return dict(
        seconds=statistics.median(steps), fastest=min(steps), slowest=max(steps),
        memory=max(result["peak_rss_bytes"] for result in results),
        startup=median("startup_seconds"), foreign=max(result["foreign"] for result in results),
        ceiling=median("gemm_gflops"), bandwidth=median("memory_gbytes_per_second"),
        parameters=median("parameters"))


def number(value, form):
    return form.format(value) if value == value else ""


def row(shape, precision, ranks, threads, sizes, found):
    """One line of the table; a program that was not run leaves its cells empty."""
    tokens = work.ROWS * work.LENGTH * ranks
    nothing = dict(seconds=float("nan"), memory=float("nan"), startup=float("nan"), foreign=0,
                   ceiling=float("nan"), bandwidth=float("nan"), parameters=float("nan"))
    all_of = [found.get(name, nothing) for name in programs.NAMES]
    own = all_of[0]
    floor = work.floor_seconds(sizes, own["parameters"], ranks, own["ceiling"], own["bandwidth"])
    rate = ranks * work.needed(sizes) / own["seconds"] / 1e9
    cells = [shape, precision, f"{ranks} × {threads}"]
    cells += [number(tokens / one["seconds"], "{:,.0f}") for one in all_of]
    cells += [number(one["seconds"] / own["seconds"], "**{:.2f}**") for one in all_of[1:]]
    cells.append(number(floor / own["seconds"], "{:.0%}"))
    cells.append(number(rate, "{:,.0f}") + number(rate / own["ceiling"], " ({:.0%})"))
    cells += [number(one["memory"] / 2**20, "{:,.0f}") for one in all_of]
    cells += [number(one["startup"], "{:.2f}") for one in all_of]
    cells.append(f"{max(one['foreign'] for one in found.values()):.2f}")
    return line(cells)


def line(cells):
    return "| " + " | ".join(cells) + " |"


def machine():
    """One line about where and what was measured."""
    model = platform.processor() or platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for text in file:
            if text.startswith("model name"):
                model = text.split(":", 1)[1].strip()
                break
    commit = subprocess.run(["git", "-C", programs.ROOT, "describe", "--always", "--dirty"],
                            capture_output=True, text=True).stdout.strip()
    return f"{model}, {os.cpu_count()} cores; commit {commit}; {time.strftime('%Y-%m-%d')}"


def measured(options, shape, sizes, precision, ranks, threads):
    """The results of every program, round by round."""
    steps = options.steps or sizes["steps"]
    results = {name: [] for name in options.programs}
    for turn in range(options.rounds):
        for name in options.programs[::1 if turn % 2 == 0 else -1]:
            results[name].append(programs.measure_patiently(
                programs.command(name, shape, precision, ranks, threads, steps, options.lockstep),
                programs.environment(name, threads), options.patience))
    return results


def main():
    with open(os.path.join(programs.HERE, "shapes.json"), encoding="utf-8") as file:
        shapes = json.load(file)
    options = parse(shapes)
    print(machine())
    print(f"{work.ROWS} x {work.LENGTH} tokens a rank and step, dropout 0.1, AdamW; medians of "
          f"{options.rounds} rounds; jemalloc {'used' if programs.jemalloc() else 'not found'} for "
          "`best`\n")
    print(line(HEADER))
    print(line(["---"] * len(HEADER)), flush=True)
    record = []
    for precision in options.precisions:
        for shape in options.shapes:
            for layout in options.layouts:
                ranks, threads = map(int, layout.split("x"))
                results = measured(options, shape, shapes[shape], precision, ranks, threads)
                found = {name: summary(runs) for name, runs in results.items()}
                print(row(shape, precision, ranks, threads, shapes[shape], found), flush=True)
                record.append(dict(shape=shape, precision=precision, ranks=ranks, threads=threads,
                                   results=results))
                if options.json:
                    with open(options.json, "w", encoding="utf-8") as file:
                        json.dump(dict(machine=machine(), record=record), file, indent=1)


if __name__ == "__main__":
    main()
