#!/usr/bin/env python3
"""Writes Tests/DatasetsTests/Fixtures/torch-draws.json: what PyTorch and Transformers draw after
torch.manual_seed, so that `lockstep train --parity hf` can be held to it.

The batches are those of the Transformers tutorial's loop: a DataLoader with shuffle=True and
DataCollatorForLanguageModeling over samples of unequal length, two epochs, one generator for all.
"""
import json
import os
import tempfile

import torch
from tokenizers import Tokenizer, models
from torch.utils.data import DataLoader
from transformers import DataCollatorForLanguageModeling, PreTrainedTokenizerFast

OUT = os.path.join(os.path.dirname(__file__), "../../Tests/DatasetsTests/Fixtures/torch-draws.json")
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"w{i}" for i in range(95)]


def tokenizer():
    model = models.WordPiece({word: i for i, word in enumerate(VOCABULARY)}, unk_token="[UNK]")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tokenizer.json")
        Tokenizer(model).save(path)
        return PreTrainedTokenizerFast(
            tokenizer_file=path, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
            sep_token="[SEP]", mask_token="[MASK]")


def samples():
    """[CLS] words [SEP], 5 to 15 tokens; some words are [UNK] or [MASK], which is never chosen."""
    rows = []
    for row in range(45):
        words = [5 + (row * 31 + i) % 95 for i in range(3 + row % 11)]
        if row % 7 == 0:
            words[1] = 1
        if row % 11 == 0:
            words[2] = 4
        rows.append([2] + words + [3])
    return rows


def batches(seed, batch_size, epochs):
    collator = DataCollatorForLanguageModeling(tokenizer(), mlm_probability=0.3)
    rows = [{"input_ids": row} for row in samples()]
    torch.manual_seed(seed)
    loader = DataLoader(rows, batch_size=batch_size, shuffle=True, collate_fn=collator)
    found = []
    for _ in range(epochs):
        for batch in loader:
            for ids, labels, mask in zip(batch["input_ids"], batch["labels"], batch["attention_mask"]):
                length = int(mask.sum())
                found.append({"ids": ids[:length].tolist(), "labels": labels[:length].tolist()})
    return found


def permutation(seed, count):
    generator = torch.Generator()
    generator.manual_seed(seed)
    return torch.randperm(count, generator=generator).tolist()


def main():
    torch.manual_seed(7)
    seeds = [int(torch.empty((), dtype=torch.int64).random_()) for _ in range(400)]
    below = torch.randint(30522, (5,)).tolist()
    chances = torch.bernoulli(torch.full((40,), 0.15)).int().tolist()
    fixture = {
        "seeds_of_7": [str(seeds[0]), str(seeds[-1])],
        "then_below_30522": below,
        "then_with_chance_0.15": chances,
        "permutation_of_10_by_2147483648123": permutation(2147483648123, 10),
        "permutation_of_1000_by_3": permutation(3, 1000),
        "samples": samples(),
        "rows_by_seed_42_in_batches_of_4": batches(42, 4, 2),
        "torch": torch.__version__.split("+")[0],
    }
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT, "w") as file:
        json.dump(fixture, file, separators=(",", ":"))
        file.write("\n")


main()
