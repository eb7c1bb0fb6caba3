#!/usr/bin/env python3
"""Trains the same model on the same batches in the Transformers tutorial's own loop and in Lockstep
(`lockstep train --parity hf`), compares the losses step by step and draws both curves.

    python Benchmarks/parity.py [--steps 200] [--model tiny] [--data FILE…] [--accumulation N]

Both begin with the weights and the tokenizer of a Lockstep run of one step without learning. Samples are
cut from the tokens as Documentation/Data.md says; order, masks and everything after them are the loop's
own: torch.manual_seed, DataLoader(shuffle=True), DataCollatorForLanguageModeling, loss.backward(), AdamW.
Ends with status 1 if a loss differs by more than the tolerance.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

import torch
from transformers import (AutoModelForMaskedLM, DataCollatorForLanguageModeling,
                          PreTrainedTokenizerFast, get_linear_schedule_with_warmup)

HERE = os.path.dirname(os.path.abspath(__file__))


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--data", nargs="+", default=[os.path.join(HERE, "..", "Documentation", "Data.md")])
    parser.add_argument("--block-size", type=int, default=64)
    parser.add_argument("--accumulation", type=int, default=1, help="micro-batches of 8 a step")
    parser.add_argument("--vocabulary-size", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--tolerance", type=float, default=1e-4, help="relative, of every loss")
    parser.add_argument("--lockstep", default=os.path.join(HERE, "..", ".build", "release", "lockstep"))
    parser.add_argument("--svg", help="where to draw the curves")
    return parser.parse_args()


WARMUP, RATE, DECAY, CLIP, BATCH = 20, 5e-4, 0.01, 1.0, 8


def lockstep(arguments, output, *more):
    command = [
        arguments.lockstep, "train", "--data", *arguments.data, "--block-size", arguments.block_size,
        "--validation-fraction", 0, "--micro-batch-size", BATCH, "--global-batch-size",
        BATCH * arguments.accumulation, "--model", arguments.model, "--dropout", 0, "--seed",
        arguments.seed, "--log-every", 1, "--save-every", 0, "--evaluate-every", 0, "--parity", "hf",
        "--loss-normalization", "batches", "--threads", 1, "--output", output, *more]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"lockstep ended with {done.returncode}: {done.stderr or done.stdout}")
    with open(os.path.join(output, "metrics.jsonl")) as file:
        lines = [json.loads(line) for line in file]
    return [line["loss"] for line in lines if "loss" in line]


def samples(arguments, tokenizer):
    """[CLS] and [SEP] around runs of all documents' tokens; a document ends at a blank line."""
    stream = []
    for path in arguments.data:
        with open(path, encoding="utf-8", newline="") as file:
            lines = re.split("\r\n|\n|\r", file.read())
        was_inside = False
        for line in lines + [""]:
            if line.strip():
                stream += tokenizer(line, add_special_tokens=False)["input_ids"]
                was_inside = True
            elif was_inside:
                stream.append(tokenizer.sep_token_id)
                was_inside = False
    length = arguments.block_size - 2
    return [[tokenizer.cls_token_id] + stream[i:i + length] + [tokenizer.sep_token_id]
            for i in range(0, len(stream), length)]


def tutorial(arguments, folder):
    torch.set_num_threads(1)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    model = AutoModelForMaskedLM.from_pretrained(folder)
    rows = [{"input_ids": row} for row in samples(arguments, tokenizer)]
    decayed = [p for n, p in model.named_parameters() if not re.search("bias|layernorm|layer_norm", n.lower())]
    others = [p for n, p in model.named_parameters() if re.search("bias|layernorm|layer_norm", n.lower())]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}], lr=RATE)
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, arguments.steps)
    torch.manual_seed(arguments.seed)
    loader = torch.utils.data.DataLoader(
        rows, batch_size=BATCH, shuffle=True, collate_fn=DataCollatorForLanguageModeling(tokenizer))
    model.train()
    losses = []
    while len(losses) < arguments.steps:
        batches = list(loader)
        for start in range(0, len(batches), arguments.accumulation):
            group = batches[start:start + arguments.accumulation]
            total = 0.0
            for batch in group:
                loss = model(**batch).loss / len(group)
                loss.backward()
                total += loss.item()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(total)
            if len(losses) == arguments.steps:
                break
    return losses


def draw(path, ours, theirs):
    """Both curves in one picture: the peer's as a wide band, Lockstep's as a thin line upon it."""
    width, height, margin = 640, 320, 40
    low, high = min(ours + theirs), max(ours + theirs)

    def points(losses):
        return " ".join(
            f"{margin + (width - 2 * margin) * i / max(len(losses) - 1, 1):.1f},"
            f"{height - margin - (height - 2 * margin) * (loss - low) / max(high - low, 1e-9):.1f}"
            for i, loss in enumerate(losses))

    with open(path, "w") as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            'font-family="sans-serif" font-size="12">\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n'
            f'<polyline fill="none" stroke="#f4a259" stroke-width="5" points="{points(theirs)}"/>\n'
            f'<polyline fill="none" stroke="#1d3557" stroke-width="1.2" points="{points(ours)}"/>\n'
            f'<text x="{margin}" y="20">training loss in nats, {len(ours)} steps: the tutorial\'s loop (wide), '
            'Lockstep (thin)</text>\n'
            f'<text x="4" y="{margin + 4}">{high:.2f}</text>'
            f'<text x="4" y="{height - margin + 4}">{low:.2f}</text>\n'
            f'<text x="{margin}" y="{height - 16}">1</text>'
            f'<text x="{width - margin}" y="{height - 16}" text-anchor="end">{len(ours)}</text>\n</svg>\n')


def main():
    arguments = options()
    with tempfile.TemporaryDirectory() as folder:
        first, run = os.path.join(folder, "first"), os.path.join(folder, "run")
        # The schedule's first learning rate is 0: one step changes nothing.
        lockstep(arguments, first, "--vocabulary-size", arguments.vocabulary_size, "--steps", 2,
                 "--warmup-steps", 1, "--learning-rate", 1e-30, "--weight-decay", 0)
        model = os.path.join(first, "model")
        ours = lockstep(
            arguments, run, "--tokenizer", os.path.join(model, "tokenizer.json"), "--steps",
            arguments.steps, "--warmup-steps", WARMUP, "--learning-rate", RATE, "--weight-decay", DECAY,
            "--clip-norm", CLIP)
        theirs = tutorial(arguments, model)
    differences = [abs(a - b) / b for a, b in zip(ours, theirs)]
    print("| step | tutorial's loop | Lockstep | difference |\n|---|---|---|---|")
    for step in range(0, arguments.steps, max(arguments.steps // 10, 1)):
        print(f"| {step + 1} | {theirs[step]:.6f} | {ours[step]:.6f} | {differences[step]:.1e} |")
    print(f"| {arguments.steps} | {theirs[-1]:.6f} | {ours[-1]:.6f} | {differences[-1]:.1e} |")
    print(f"\nlargest relative difference of {arguments.steps} losses: {max(differences):.1e}")
    if arguments.svg:
        draw(arguments.svg, ours, theirs)
    sys.exit(max(differences) > arguments.tolerance or len(ours) != arguments.steps)


main()
