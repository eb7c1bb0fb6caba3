#!/usr/bin/env python3
"""PyTorch and Transformers on the work that `lockstep benchmark` does; prints one JSON object.

A hand-written loop as the masked-LM tutorial has it: RoBERTa of a given shape at its own
initialization, AdamW, scaled-dot-product attention, dropout, logits at every position. Rows are random
token ids; masks are drawn anew for every batch (15 %, of which 80 % mask, 10 % random, 10 % kept).

  python torch_peer.py --shape tiny --threads 1 --steps 30
  python -m torch.distributed.run --standalone --nproc-per-node 2 torch_peer.py --shape tiny

`--head masked` and `--adamw fused` are what a careful user would change by hand. `--precision bf16` is
`torch.autocast`; `--compile` is `torch.compile`.
"""

import time

BEGUN = time.time()

import argparse
import json
import os
import resource
import statistics

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSIFICATION, PADDING, SEPARATOR, FIRST_ORDINARY = 0, 1, 2, 5


def parse():
    with open(os.path.join(HERE, "shapes.json"), encoding="utf-8") as file:
        shapes = json.load(file)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=shapes, default="tiny")
    parser.add_argument("--threads", type=int, default=1, help="threads of each process")
    parser.add_argument("--steps", type=int, default=10, help="timed steps")
    parser.add_argument("--warm-up", type=int, default=2, help="steps before the timed ones")
    parser.add_argument("--rows", type=int, default=8, help="rows a step and process")
    parser.add_argument("--length", type=int, default=128, help="tokens a row")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--head", choices=["full", "masked"], default="full")
    parser.add_argument("--adamw", choices=["default", "fused"], default="default")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--compile", action="store_true")
    arguments = parser.parse_args()
    arguments.sizes = shapes[arguments.shape]
    return arguments


arguments = parse()
os.environ.setdefault("OMP_NUM_THREADS", str(arguments.threads))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import torch.distributed as distributed
from transformers import RobertaConfig, RobertaForMaskedLM


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


IMPORTED_BYTES = resident_bytes()


class Rows(torch.utils.data.Dataset):
    """Random rows, marked at both ends."""

    def __init__(self, count, length, vocabulary):
        generator = torch.Generator().manual_seed(20)
        self.ids = torch.randint(
            FIRST_ORDINARY, vocabulary - 1, (count, length), generator=generator)
        self.ids[:, 0], self.ids[:, -1] = CLASSIFICATION, SEPARATOR

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, index):
        return self.ids[index]


def collator(vocabulary, probability=0.15):
    """Masks a batch the way Transformers' collator does."""

    def collate(rows):
        ids = torch.stack(rows)
        ordinary = ids >= FIRST_ORDINARY
        chosen = torch.bernoulli(probability * ordinary.float()).bool()
        labels = ids.masked_fill(~chosen, -100)
        hidden = torch.bernoulli(torch.full(ids.shape, 0.8)).bool() & chosen
        swapped = torch.bernoulli(torch.full(ids.shape, 0.5)).bool() & chosen & ~hidden
        other = torch.randint(vocabulary, ids.shape)
        ids = ids.masked_fill(hidden, vocabulary - 1)
        ids = torch.where(swapped, other, ids)
        return dict(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels)

    return collate


class MaskedHead(torch.nn.Module):
    """The same loss with the head on masked positions only."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, labels):
        states = self.model.roberta(input_ids=input_ids, attention_mask=attention_mask)[0]
        chosen = labels != -100
        logits = self.model.lm_head(states[chosen])
        return dict(loss=torch.nn.functional.cross_entropy(logits, labels[chosen]))


def build(sizes, dropout, length):
    """RoBERTa of the given sizes."""
    model = RobertaForMaskedLM._from_config(RobertaConfig(
        vocab_size=sizes["vocabulary"], hidden_size=sizes["hidden"],
        num_hidden_layers=sizes["layers"], num_attention_heads=sizes["heads"],
        intermediate_size=sizes["intermediate"], hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout, max_position_embeddings=max(512, length) + 2,
        type_vocab_size=1, layer_norm_eps=1e-5, bos_token_id=CLASSIFICATION, pad_token_id=PADDING,
        eos_token_id=SEPARATOR), attn_implementation="sdpa")
    return model.train()


def started():
    """The time at which the system started this process."""
    with open("/proc/self/stat", encoding="ascii") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    with open("/proc/uptime", encoding="ascii") as file:
        up = float(file.read().split()[0])
    return min(BEGUN, time.time() - up + ticks / os.sysconf("SC_CLK_TCK"))


def main():
    torch.set_num_threads(arguments.threads)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    rank = int(os.environ.get("RANK", "0"))
    if world > 1:
        distributed.init_process_group("gloo")
    torch.manual_seed(1)
    model = build(arguments.sizes, arguments.dropout, arguments.length)
    parameter_count = sum(parameter.numel() for parameter in model.parameters())
    if arguments.head == "masked":
        model = MaskedHead(model)
    if arguments.compile:
        model = torch.compile(model, dynamic=arguments.head == "masked")
    if world > 1:
        model = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=2e-5, fused=True if arguments.adamw == "fused" else None)

    step_count = arguments.warm_up + arguments.steps
    rows = Rows(step_count * arguments.rows * world, arguments.length,
                arguments.sizes["vocabulary"])
    sampler = None
    if world > 1:
        sampler = torch.utils.data.distributed.DistributedSampler(rows, world, rank)
    loader = torch.utils.data.DataLoader(
        rows, batch_size=arguments.rows, shuffle=sampler is None, sampler=sampler,
        collate_fn=collator(arguments.sizes["vocabulary"]))
    torch.manual_seed(2 + rank)

    seconds, losses, startup = [], [], None
    batches = iter(loader)
    for _ in range(step_count):
        if startup is None:
            startup = time.time() - started()
        begun = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "bf16"):
            loss = model(**next(batches))["loss"]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - begun)
    timed = seconds[arguments.warm_up:]

    peaks = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]
    if world > 1:
        gathered = [None] * world
        distributed.all_gather_object(gathered, peaks[0])
        peaks = gathered
    if rank == 0:
        tokens = arguments.rows * arguments.length * world
        print(json.dumps(dict(
            shape=arguments.shape, ranks=world, threads=arguments.threads, head=arguments.head,
            adamw=arguments.adamw, precision=arguments.precision, compile=arguments.compile,
            amx=torch.cpu._is_amx_tile_supported(), parameter_count=parameter_count,
            tokens_per_second=tokens / statistics.median(timed), step_seconds=timed,
            peak_rss_bytes=max(peaks), import_rss_bytes=IMPORTED_BYTES, startup_seconds=startup,
            first_loss=losses[0], last_loss=losses[-1], torch=torch.__version__)), flush=True)
    if world > 1:
        distributed.barrier()
        # Ending gloo's process group can hang; all is said, so leave without it.
        os._exit(0)


if __name__ == "__main__":
    main()
