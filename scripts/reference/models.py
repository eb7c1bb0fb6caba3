#!/usr/bin/env python3
"""Writes the golden fixtures of the models: Tests/ModelsTests/Fixtures/<architecture>/.

  config.json, model.safetensors   the initial model as save_pretrained writes it
  inputs.json                      10 batches: input_ids, attention_mask, labels (-100: not
                                   predicted); odd ones padded on the right, rows of different
                                   length; one row of batch 4 predicts nothing
  logits.safetensors               logits.0, logits.1: [tokens that are not padding, vocabulary]
                                   of batches 0 and 1, row by row
  gradients-<batch>.safetensors    d loss / d parameter, batches 0 and 1
  adamw-<step>.safetensors         parameters after 1, 5 and 10 plain AdamW steps (batch = step)
  trainer-10.safetensors           parameters after 10 steps with decay on weights only, gradients
                                   clipped to norm 1, linear warm-up over 2 of 10 steps
  expected.json                    losses, norms, learning rates and the spread described below

Folders named after a variant (masked_lm.py) have no steps.

Numbers come from a float64 run, rounded to float32. Adam divides by the root of the second moment:
where the true gradient is 0 (key biases, which softmax does not see) float32 noise moves a parameter
by up to the learning rate a step. `spread` is, for every parameter, how far PyTorch's own float32 run
ends from its float64 run: no tolerance can be tighter.

  python scripts/reference/models.py [architecture…]
"""

import os
import sys

import torch

from fixtures import (
    folder, largest_difference, provenance, settle, write_json, write_model, write_tensors,
)
from masked_lm import (
    ARCHITECTURES, LARGER, OTHER_ARCHITECTURES, VARIANTS, as_lists, build, draw_batch, gradients,
    plain_adamw, train, trainer_adamw,
)

SEED = 7
SHAPE = dict(vocabulary=67, hidden=24, heads=3, intermediate=40, layers=2, positions=17)
# Of architectures that came later, and whose fixtures are smaller.
SMALL_SHAPE = dict(
    vocabulary=29, hidden=8, heads=2, intermediate=12, layers=2, positions=17, embedding=6)
RELATIVE_SHAPE = dict(vocabulary=41, hidden=16, heads=2, intermediate=20, layers=2, positions=17)
# Rows and columns of the batches; every second one is padded.
BATCHES = [(5, 13), (5, 13), (3, 11), (4, 9), (2, 17), (3, 7), (4, 5), (6, 7), (1, 13), (2, 9)]
LEARNING_RATE, WEIGHT_DECAY, CLIP = 1e-3, 0.01, 1.0
WIDE = 0.15


def main():
    settle()
    names = (*ARCHITECTURES, *OTHER_ARCHITECTURES, *VARIANTS)
    for name in sys.argv[1:] or names:
        write(name, folder("Models", name), trains=name not in VARIANTS)


def settings_of(name):
    """The architecture that a folder is named after, and the sizes and settings of its model."""
    architecture, others = VARIANTS.get(name, (name, {}))
    shape = SMALL_SHAPE if name in ARCHITECTURES else RELATIVE_SHAPE
    return architecture, {**(SHAPE if name in LARGER else shape), **others}


def model_of(name, dtype):
    architecture, settings = settings_of(name)
    return build(architecture, settings, SEED, wide=WIDE).to(dtype)


def batches_of(name):
    architecture, settings = settings_of(name)
    generator = torch.Generator().manual_seed(SEED + 2)
    return [
        draw_batch(generator, architecture, settings["vocabulary"], rows, columns,
                   padded=index % 2 == 1, bare_row=index == 4)
        for index, (rows, columns) in enumerate(BATCHES)
    ]


def write(architecture, path, trains=True):
    batches = batches_of(architecture)
    write_json(os.path.join(path, "inputs.json"), [as_lists(batch) for batch in batches])
    expected = {**provenance(SEED), "batch_size_and_length": BATCHES}

    model = model_of(architecture, torch.float32)
    write_model(path, model, SEED)
    expected["parameter_count"] = sum(p.numel() for p in model.parameters())

    expected["losses_float32"] = [model(**batch).loss.item() for batch in batches]
    logits, losses, norms = {}, [], []
    for index, batch in enumerate(batches):
        exact = model_of(architecture, torch.float64)
        output = exact(**batch)
        output.loss.backward()
        found = gradients(exact)
        losses.append(output.loss.item())
        norms.append(torch.cat([g.flatten() for g in found.values()]).norm().item())
        if index < 2:
            logits[f"logits.{index}"] = output.logits[batch["attention_mask"].bool()]
            write_tensors(os.path.join(path, f"gradients-{index}.safetensors"), found, SEED)
    write_tensors(os.path.join(path, "logits.safetensors"), logits, SEED)
    expected.update(losses=losses, gradient_norms=norms)
    if not trains:
        write_json(os.path.join(path, "expected.json"), expected)
        return

    def plain(model):
        return dict(zip(("optimizer", "schedule"), plain_adamw(model, LEARNING_RATE, WEIGHT_DECAY)))

    def trainer(model):
        optimizer, schedule = trainer_adamw(model, LEARNING_RATE, WEIGHT_DECAY, 2, 10)
        return dict(optimizer=optimizer, schedule=schedule, clip=CLIP)

    for name, settings, steps, keep in (
        ("adamw", plain, 20, (1, 5, 10)), ("trainer", trainer, 10, (10,)),
    ):
        runs = {}
        for dtype in (torch.float32, torch.float64):
            model = model_of(architecture, dtype)
            runs[dtype] = train(model, batches, steps, keep=keep, **settings(model))
        log, kept = runs[torch.float64]
        rounded_log, rounded = runs[torch.float32]
        for step in keep:
            write_tensors(os.path.join(path, f"{name}-{step}.safetensors"), kept[step], SEED)
        expected[name] = {
            **log,
            "losses_float32": rounded_log["losses"],
            "learning_rate": LEARNING_RATE, "weight_decay": WEIGHT_DECAY,
            "spread": {
                str(step): {
                    parameter: float(f"{largest_difference(value, rounded[step][parameter]):.2e}")
                    for parameter, value in kept[step].items()
                } for step in keep
            },
        }
    write_json(os.path.join(path, "expected.json"), expected)


if __name__ == "__main__":
    main()
