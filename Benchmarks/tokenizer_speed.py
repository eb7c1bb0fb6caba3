#!/usr/bin/env python3
"""Lockstep's tokenizers and Hugging Face's on the same text, one thread each, in turn; prints Markdown.

  python Benchmarks/tokenizer_speed.py --tokenizer bert/tokenizer.json gpt2/tokenizer.json \\
    --corpus texts/*.txt

WordPiece, BPE or Unigram, a line of the table each. Hugging Face's is the faster of `encode_batch` and
`encode_batch_fast`. Both must give equally many tokens: else the program ends with 1.
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
    parser.add_argument(
        "--tokenizer", nargs="+", required=True, help="files in the form of tokenizer.json")
    parser.add_argument("--corpus", nargs="+", required=True, help="text files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lockstep",
                        default=os.path.join(programs.ROOT, ".build/release/lockstep"))
    return parser.parse_args()


def lockstep(options, path):
    """Seconds and tokens of one round."""
    line = [options.lockstep, "benchmark-tokenizer", "--tokenizer", path, "--threads",
            "1", "--rounds", "1", "--json"] + options.corpus
    found = json.loads(subprocess.run(line, stdout=subprocess.PIPE, check=True, text=True).stdout)
    return found["seconds"][0], found["tokens"], found["bytes"]


def peer(tokenizer, lines, way):
    begun = time.perf_counter()
    encodings = getattr(tokenizer, way)(lines, add_special_tokens=False)
    seconds = time.perf_counter() - begun
    return seconds, sum(len(encoding.ids) for encoding in encodings)


def compare(options, path, lines):
    """A line of the table, and whether both gave equally many tokens."""
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    ways = {"encode_batch": [], "encode_batch_fast": []}
    own = []
    is_equal = True
    for _ in range(options.rounds):
        seconds, tokens, size = lockstep(options, path)
        own.append(seconds)
        for way, times in ways.items():
            peer_seconds, peer_tokens = peer(tokenizer, lines, way)
            times.append(peer_seconds)
            if peer_tokens != tokens:
                is_equal = False
                print(f"{path}: {tokens} tokens here, {peer_tokens} there", file=sys.stderr)
    best = min(statistics.median(times) for times in ways.values())
    mine = statistics.median(own)
    name = os.path.basename(os.path.dirname(os.path.abspath(path)))
    row = (f"| {name} | {size / 1e6:.1f} MB | {size / mine / 1e6:.1f} | {size / best / 1e6:.2f} "
           f"| **{best / mine:.1f}** | {tokens:,} |")
    return row, is_equal


def main():
    options = parse()
    lines = []
    for path in options.corpus:
        with open(path, encoding="utf-8", newline="\n") as file:
            lines += [line for line in file.read().split("\n") if line.strip()]
    print("| tokenizer | text | Lockstep MB/s | Hugging Face MB/s | ratio | tokens |")
    print("|---|---|---|---|---|---|")
    all_equal = True
    for path in options.tokenizer:
        row, is_equal = compare(options, path, lines)
        print(row, flush=True)
        all_equal = all_equal and is_equal
    sys.exit(0 if all_equal else 1)


if __name__ == "__main__":
    main()
