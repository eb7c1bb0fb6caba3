#!/usr/bin/env python3
"""Writes Sources/Tokenizers/Unicode/UnicodeScriptData.swift: what unicode_tables.py does for BERT, for the
pre-tokenizer UnicodeScripts, which has scripts of its own: kana are Han, and spaces and what is not
assigned belong to any.

  python scripts/reference/unicode_scripts.py        (needs the `tokenizers` package; seconds)

  scripts             per code point: 0 for any script, else the number of its script, in the order in
                      which scripts are met first
"""

from pathlib import Path

import tokenizers
from tokenizers.pre_tokenizers import UnicodeScripts

from unicode_tables import LIMIT, SCALARS, literal, runs


def scripts():
    split = UnicodeScripts().pre_tokenize_str
    table, first, last = [0] * LIMIT, [], 0
    for code in SCALARS:
        c = chr(code)
        # What belongs to any script is dropped at the start of a text.
        if not split(c):
            continue
        known = [last] * (last > 0) + list(range(1, len(first) + 1))
        last = next((number for number in known if len(split(first[number - 1] + c)) == 1), 0)
        if last == 0:
            first.append(c)
            last = len(first)
        table[code] = last
    assert len(first) < 256
    return table


def main():
    path = Path(__file__).resolve().parents[2] / "Sources/Tokenizers/Unicode/UnicodeScriptData.swift"
    path.write_text(
        f"/// In which script tokenizers {tokenizers.__version__} sees every code point, packed by\n"
        "/// scripts/reference/unicode_scripts.py, which explains the form.\n"
        "enum UnicodeScriptData {\n"
        + literal("scripts", "Runs of code points of one script.", runs(scripts())) + "}\n"
    )
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
