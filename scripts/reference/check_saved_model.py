#!/usr/bin/env python3
"""Opens folders that Lockstep saved with Transformers: no missing and no unexpected tensors, equal
logits.

The folders are written by Tests/ModelsTests/TransformersTests.swift, which this program runs.

  python scripts/reference/check_saved_model.py
"""

import json
import os
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM

from fixtures import ROOT, settle
from masked_lm import ARCHITECTURES, OTHER_ARCHITECTURES

# Both compute in float32, in different orders, numbers up to 4.
TOLERANCE = 1e-5


def main():
    settle()
    with tempfile.TemporaryDirectory() as saved:
        subprocess.run(
            ["swift", "test", "-c", "release", "--disable-testable-imports", "--filter", "TransformersTests"], cwd=ROOT,
            check=True, stdout=sys.stderr, env={**os.environ, "LOCKSTEP_SAVED_MODELS": saved})
        failures = [problem for architecture in ARCHITECTURES + OTHER_ARCHITECTURES
                    for problem in problems(architecture, os.path.join(saved, architecture))]
    print("\n".join(failures), end="\n" if failures else "")
    sys.exit(1 if failures else 0)


def problems(architecture, folder):
    model, info = AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
    for kind, names in info.items():
        if names:
            yield f"{architecture}: {kind}: {sorted(names)}"
    with open(os.path.join(folder, "inputs.json"), encoding="utf-8") as file:
        batches = json.load(file)
    logits = load_file(os.path.join(folder, "logits.safetensors"))
    model.eval()
    for index, found in enumerate(logits[name] for name in sorted(logits)):
        batch = {key: torch.tensor(value) for key, value in batches[index].items()}
        with torch.no_grad():
            expected = model(**batch).logits[batch["attention_mask"].bool()]
        difference = (found - expected).abs().max().item()
        print(f"{architecture}, batch {index}: logits differ by up to {difference:.1e}")
        if not difference < TOLERANCE:
            yield f"{architecture}: logits of batch {index} differ by {difference}"


if __name__ == "__main__":
    main()
