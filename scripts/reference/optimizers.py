#!/usr/bin/env python3
"""Writes golden fixtures of optimizers and schedules: Tests/OptimizersTests/Fixtures/.

optimizers.safetensors
  initial.weight [5, 7], initial.bias [11]          values before the first step
  gradient.<step>.weight, gradient.<step>.bias      gradients of steps 1 to 12
  <case>.<step>.weight, <case>.<step>.bias          values after steps 1, 2 and 12
  <case>.12.weight.first, .second (and bias)        Adam's moments after step 12
optimizers.json
  cases: name to settings: decay of weight and of bias, clip (null: none), learning rate of every
         step, the gradients' norm before clipping, the clipping coefficient
  schedules: a list of linear schedules with warm-up: steps, and the learning rate of each step

Some gradients are 0, tiny or large; their norm is below the clip in some steps and above in others.
All in float64 from values exact in float32, rounded.

  python scripts/reference/optimizers.py
"""

import os

import torch
from transformers import get_linear_schedule_with_warmup

from fixtures import folder, provenance, random_tensor, settle, write_json, write_tensors

SEED = 41
STEPS, KEEP = 12, (1, 2, 12)
SHAPES = dict(weight=(5, 7), bias=(11,))
CASES = {
    "adamw": dict(decay=dict(weight=0.01, bias=0.01), clip=None, learning_rate=1e-3),
    "adamwWithoutDecay": dict(decay=dict(weight=0.0, bias=0.0), clip=None, learning_rate=1e-3),
    "adamwWeightsDecay": dict(decay=dict(weight=0.1, bias=0.0), clip=None, learning_rate=3e-2),
    "adamwClipped": dict(decay=dict(weight=0.01, bias=0.0), clip=1.0, learning_rate=1e-3),
    "adamwWithOtherBetas": dict(
        decay=dict(weight=0.05, bias=0.0), clip=0.5, learning_rate=2e-3,
        betas=(0.8, 0.98), epsilon=1e-6),
    "adamwScheduled": dict(
        decay=dict(weight=0.01, bias=0.0), clip=1.0, learning_rate=1e-2, warmup=3),
}
SCHEDULES = [(0, 10), (3, 10), (1, 2), (10, 10), (4, 2), (5, 29), (0, 1)]


def main():
    settle()
    generator = torch.Generator().manual_seed(SEED)
    initial = {name: random_tensor(generator, *shape) for name, shape in SHAPES.items()}
    gradients = []
    for step in range(STEPS):
        scale = (0.02, 1.0, 30.0)[step % 3]
        drawn = {name: random_tensor(generator, *shape, scale=scale)
                 for name, shape in SHAPES.items()}
        drawn["weight"][0] = 0
        drawn["weight"][1] = (drawn["weight"][1] * 1e-9).float().double()
        gradients.append(drawn)

    tensors = {f"initial.{name}": value for name, value in initial.items()}
    for step, drawn in enumerate(gradients, 1):
        tensors.update({f"gradient.{step}.{name}": value for name, value in drawn.items()})
    cases = {}
    for case, settings in CASES.items():
        cases[case] = run(case, settings, initial, gradients, tensors)
    schedules = [
        dict(warmup=warmup, total=total, learning_rate=5e-5, learning_rates=rates(warmup, total))
        for warmup, total in SCHEDULES
    ]

    path = folder("Optimizers")
    write_tensors(os.path.join(path, "optimizers.safetensors"), tensors, SEED)
    write_json(os.path.join(path, "optimizers.json"),
               {**provenance(SEED), "cases": cases, "schedules": schedules})


def run(case, settings, initial, gradients, tensors):
    """Trains one case, adds its tensors and returns its entry of the JSON file."""
    values = {name: value.clone().requires_grad_() for name, value in initial.items()}
    betas, epsilon = settings.get("betas", (0.9, 0.999)), settings.get("epsilon", 1e-8)
    optimizer = torch.optim.AdamW(
        [dict(params=[value], weight_decay=settings["decay"][name])
         for name, value in values.items()],
        lr=settings["learning_rate"], betas=betas, eps=epsilon)
    schedule = None
    if "warmup" in settings:
        schedule = get_linear_schedule_with_warmup(optimizer, settings["warmup"], STEPS)
    clip, log = settings["clip"], dict(learning_rates=[], gradient_norms=[], coefficients=[])
    for step, drawn in enumerate(gradients, 1):
        for name, value in values.items():
            value.grad = drawn[name].clone()
        norm = torch.nn.utils.clip_grad_norm_(
            list(values.values()), float("inf") if clip is None else clip).item()
        log["gradient_norms"].append(norm)
        log["coefficients"].append(1.0 if clip is None else min(1.0, clip / (norm + 1e-6)))
        log["learning_rates"].append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if schedule is not None:
            schedule.step()
        if step in KEEP:
            tensors.update({f"{case}.{step}.{name}": v.clone() for name, v in values.items()})
    for name, value in values.items():
        tensors[f"{case}.{STEPS}.{name}.first"] = optimizer.state[value]["exp_avg"]
        tensors[f"{case}.{STEPS}.{name}.second"] = optimizer.state[value]["exp_avg_sq"]
    return dict(weight_decay=settings["decay"], clip=clip, betas=betas, epsilon=epsilon, **log)


def rates(warmup, total):
    """The learning rate of every step under Transformers' linear schedule, and of one after the end."""
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.AdamW([parameter], lr=5e-5)
    schedule = get_linear_schedule_with_warmup(optimizer, warmup, total)
    found = []
    for _ in range(total + 1):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


if __name__ == "__main__":
    main()
