#!/usr/bin/env python3
"""Writes the 20-step comparison with PyTorch: Tests/ModelsTests/Fixtures/<architecture>-truth/.

  config.json, model.safetensors  a tiny model at Transformers' own initialization, dropout 0
  inputs.json                     20 batches, one a step, masks already drawn; token
                                  frequencies are skewed, so that there is something to learn
  final.safetensors               parameters after 20 steps as Trainer does them: AdamW, decay on
                                  weights only, clipping to norm 1, linear warm-up and decay
  expected.json                   `losses` of the float64 run and `losses_float32` of the float32
                                  run, norms, learning rates; `spread`: how far the two runs end
                                  apart, parameter by parameter (see models.py)

  python scripts/reference/truth.py [architecture…]
"""

import os
import sys

import torch

from fixtures import (
    folder, largest_difference, provenance, settle, write_json, write_model, write_tensors,
)
from masked_lm import (
    ARCHITECTURES, LARGER, OTHER_ARCHITECTURES, ROBERTA, as_lists, build, draw_batch, parameters, train, trainer_adamw,
)

SEED = 17
SHAPE = dict(vocabulary=101, hidden=32, heads=4, intermediate=56, layers=2, positions=19)
SMALL_SHAPE = dict(
    vocabulary=61, hidden=8, heads=2, intermediate=12, layers=2, positions=13, embedding=6)
RELATIVE_SHAPE = dict(vocabulary=61, hidden=12, heads=3, intermediate=20, layers=2, positions=13)
STEPS, WARMUP, LEARNING_RATE, WEIGHT_DECAY, CLIP = 20, 3, 3e-3, 0.01, 1.0
ROWS, COLUMNS = 7, 19
SMALL_ROWS, SMALL_COLUMNS = 5, 11


def main():
    settle()
    # RoBERTa stands for the models that only have other names.
    own = [name for name in ARCHITECTURES if name in LARGER or name not in ROBERTA]
    for architecture in sys.argv[1:] or (*own, *OTHER_ARCHITECTURES):
        write(architecture, folder("Models", architecture + "-truth"))


def write(architecture, path):
    generator = torch.Generator().manual_seed(SEED + 1)
    shape, rows, columns = (
        (SHAPE, ROWS, COLUMNS) if architecture in LARGER
        else (SMALL_SHAPE if architecture in ARCHITECTURES else RELATIVE_SHAPE, SMALL_ROWS,
              SMALL_COLUMNS))
    batches = [
        draw_batch(generator, architecture, shape["vocabulary"], rows, columns,
                   padded=step % 2 == 1, skewed=True)
        for step in range(STEPS)
    ]
    write_json(os.path.join(path, "inputs.json"), [as_lists(batch) for batch in batches])

    runs = {}
    for dtype in (torch.float32, torch.float64):
        model = build(architecture, shape, SEED).to(dtype)
        if dtype is torch.float32:
            write_model(path, model, SEED)
            initial = parameters(model)
        optimizer, schedule = trainer_adamw(model, LEARNING_RATE, WEIGHT_DECAY, WARMUP, STEPS)
        log, kept = train(model, batches, STEPS, optimizer, schedule, CLIP, keep=(STEPS,))
        runs[dtype] = log, kept[STEPS]
    log, final = runs[torch.float64]
    rounded_log, rounded = runs[torch.float32]
    write_tensors(os.path.join(path, "final.safetensors"), final, SEED)
    write_json(os.path.join(path, "expected.json"), {
        **provenance(SEED), **log, "losses_float32": rounded_log["losses"],
        "learning_rate": LEARNING_RATE, "weight_decay": WEIGHT_DECAY, "clip": CLIP,
        "warmup": WARMUP, "steps": STEPS,
        "largest_move": max(largest_difference(final[name], initial[name]) for name in final),
        "spread": {
            name: float(f"{largest_difference(final[name], rounded[name]):.2e}") for name in final
        },
    })


if __name__ == "__main__":
    main()
