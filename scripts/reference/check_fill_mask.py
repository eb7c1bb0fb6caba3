#!/usr/bin/env python3
"""Compares `lockstep fill-mask` with Transformers' pipeline: the same five answers in the same order for
every mask, scores within 1e-4.

  python scripts/reference/check_fill_mask.py FOLDER [TEXT…]

FOLDER holds a model and its tokenizer, as `lockstep train` leaves them in DIR/model; texts contain the
tokenizer's mask token.
"""

import json
import os
import subprocess
import sys

from transformers import AutoModelForMaskedLM, PreTrainedTokenizerFast, pipeline

from fixtures import ROOT, settle

TOLERANCE = 1e-4
TEXTS = ["to be or {} to be", "the {} is {} .", "{}", "what {} you say , my lord {}", "an even longer text with {} in it"]


def main():
    settle()
    folder = sys.argv[1]
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    model = AutoModelForMaskedLM.from_pretrained(folder)
    texts = sys.argv[2:] or [text.replace("{}", tokenizer.mask_token) for text in TEXTS]
    found = subprocess.run(
        [os.path.join(ROOT, ".build/release/lockstep"), "fill-mask", "--model", folder, "--json", *texts],
        check=True, capture_output=True, text=True).stdout.splitlines()
    fill = pipeline("fill-mask", model=model, tokenizer=tokenizer, top_k=5)
    problems, masks, largest = [], 0, 0.0
    for text, line in zip(texts, found, strict=True):
        wanted = fill(text)
        wanted = wanted if isinstance(wanted[0], list) else [wanted]
        for ours, theirs in zip(json.loads(line)["masks"], wanted, strict=True):
            masks += 1
            ours = [(answer["token"], answer["score"]) for answer in ours]
            theirs = [(answer["token"], answer["score"]) for answer in theirs]
            largest = max([largest] + [abs(a[1] - b[1]) for a, b in zip(ours, theirs)])
            if [a for a, _ in ours] != [b for b, _ in theirs] or largest > TOLERANCE:
                problems.append(f"{text!r}: {ours} here, {theirs} there")
    print("\n".join(problems + [f"{masks} masks, largest difference of a score {largest:.1e}"]))
    sys.exit(1 if problems else 0)


main()
