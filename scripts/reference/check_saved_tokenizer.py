#!/usr/bin/env python3
"""Opens folders with tokenizers that Lockstep learnt with Transformers: equal tokens and places on hard
texts, the special tokens in their roles, and the same bytes when the library saves them.

The folders are written by Tests/TokenizersTests/AutoTokenizerTests.swift, which this program runs.

  python scripts/reference/check_saved_tokenizer.py
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer
from transformers import AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
ROLES = {
    "pad_token_id": 0, "unk_token_id": 1, "cls_token_id": 2, "sep_token_id": 3, "mask_token_id": 4
}


def main():
    with tempfile.TemporaryDirectory() as saved:
        subprocess.run(
            ["swift", "test", "-c", "release", "--filter", "AutoTokenizerTests"], cwd=ROOT,
            check=True, stdout=sys.stderr, env={**os.environ, "LOCKSTEP_SAVED_TOKENIZERS": saved})
        folders = sorted(Path(saved).iterdir())
        failures = []
        for folder in folders:
            for architecture in ["bert", "distilbert", "roberta"]:
                # What Transformers makes of the files may depend on the model beside them.
                config = json.dumps({"model_type": architecture})
                (folder / "config.json").write_text(config, encoding="utf-8")
                failures += problems(folder, architecture)
        if not folders:
            failures = ["no tokenizer was written"]
    print("\n".join(failures), end="\n" if failures else "")
    sys.exit(1 if failures else 0)


def problems(folder, architecture):
    name = f"{folder.name} beside {architecture}"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encodings = json.loads((folder / "encodings.json").read_text(encoding="utf-8"))
    for encoding in encodings:
        text = encoding["text"]
        found = tokenizer(text, return_offsets_mapping=True)
        if found["input_ids"] != encoding["ids"]:
            yield f"{name}: {text!r}: ids {encoding['ids']}, Transformers has {found['input_ids']}"
        if [list(place) for place in found["offset_mapping"]] != encoding["offsets"]:
            yield f"{name}: {text!r}: offsets differ"
        decoded = tokenizer.decode(encoding["ids"], skip_special_tokens=True)
        if decoded != encoding["decoded"]:
            yield f"{name}: {text!r}: decoded {encoding['decoded']!r}, Transformers has {decoded!r}"
    for role, expected in ROLES.items():
        if getattr(tokenizer, role) != expected:
            yield f"{name}: {role} is {getattr(tokenizer, role)}"
    if tokenizer.model_max_length != 128:
        yield f"{name}: model_max_length is {tokenizer.model_max_length}"
    has_types = "token_type_ids" in tokenizer("a")
    if has_types != (folder.name != "cased"):
        yield f"{name}: token_type_ids: {has_types}"
    copy = folder / "copy.json"
    Tokenizer.from_file(str(folder / "tokenizer.json")).save(str(copy))
    if copy.read_bytes() != (folder / "tokenizer.json").read_bytes():
        yield f"{name}: the library saves other bytes"
    print(f"{name}: {len(encodings)} texts compared, {type(tokenizer).__name__}")


if __name__ == "__main__":
    main()
