#!/usr/bin/env python3
"""Lockstep's tokenizer and Hugging Face's on the same text, one thread each, in turn; prints Markdown.

  python Benchmarks/tokenizer_speed.py --tokenizer tokenizer.json --corpus texts/*.txt

Hugging Face's is the faster of `encode_batch` and `encode_batch_fast`. Both must give equally many
tokens.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer

import programs


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokenizer", required=True, help="a tokenizer.json")
    parser.add_argument("--corpus", nargs="+", required=True, help="text files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lockstep",
                        default=os.path.join(programs.ROOT, ".build/release/lockstep"))
    return parser.parse_args()


def lockstep(options):
    """Seconds and tokens of one round."""
    line = [options.lockstep, "benchmark-tokenizer", "--tokenizer", options.tokenizer, "--threads",
            "1", "--rounds", "1", "--json"] + options.corpus
    found = json.loads(subprocess.run(line, stdout=subprocess.PIPE, check=True, text=True).stdout)
    return found["seconds"][0], found["tokens"], found["bytes"]


def peer(tokenizer, lines, way):
    begun = time.perf_counter()
    encodings = getattr(tokenizer, way)(lines, add_special_tokens=False)
    seconds = time.perf_counter() - begun
    return seconds, sum(len(encoding.ids) for encoding in encodings)


def main():
    options = parse()
    lines = []
    for path in options.corpus:
        with open(path, encoding="utf-8", newline="\n") as file:
            lines += [line for line in file.read().split("\n") if line.strip()]
    tokenizer = Tokenizer.from_file(options.tokenizer)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    ways = {"encode_batch": [], "encode_batch_fast": []}
    own = []
    for _ in range(options.rounds):
        seconds, tokens, size = lockstep(options)
        own.append(seconds)
        for way, times in ways.items():
            peer_seconds, peer_tokens = peer(tokenizer, lines, way)
            times.append(peer_seconds)
            if peer_tokens != tokens:
                print(f"{tokens} tokens here, {peer_tokens} there", file=sys.stderr)
    best = min(statistics.median(times) for times in ways.values())
    mine = statistics.median(own)
    print("| text | Lockstep MB/s | Hugging Face MB/s | ratio | tokens |\n|---|---|---|---|---|")
    print(f"| {size / 1e6:.1f} MB | {size / mine / 1e6:.1f} | {size / best / 1e6:.2f} "
          f"| **{best / mine:.1f}** | {tokens:,} |")


if __name__ == "__main__":
    main()
