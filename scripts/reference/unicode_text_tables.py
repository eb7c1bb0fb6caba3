#!/usr/bin/env python3
"""Write UnicodeTextData.swift and UnicodeFormData.swift in Sources/Tokenizers/Unicode: what
unicode_tables.py does for BERT, for all other normalizers and pre-tokenizers.

  python scripts/reference/unicode_text_tables.py        (needs the `tokenizers` package; a minute)

  traits              per code point: bits 1 accent (normalizers.StripAccents), 2 white space
                      (WhitespaceSplit), 4 numeric (Digits), 8 word (\\w); times 16 the class of
                      grapheme clusters: 1 control, 2 extending, 3 U+200D, 4 prepended, 5 pictographic
  categories          per code point: its place in CATEGORIES, as the regular expressions have it
  compatibleForms     what NFKD makes of a code point, where NFD does otherwise
  compositions        pairs of code points with what NFC joins them to
"""

import struct
from pathlib import Path

import tokenizers
from tokenizers import Regex
from tokenizers.normalizers import NFC, NFD, NFKC, NFKD, Precompiled, StripAccents
from tokenizers.pre_tokenizers import Digits, Split, WhitespaceSplit

from unicode_tables import HANGUL, LIMIT, SCALARS, literal, mappings, runs, targets

CATEGORIES = (
    "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cs"
).split()
ACCENT, SPACE, NUMERIC, WORD = 1, 2, 4, 8
CONTROL, EXTENDING, JOINER, PREPENDED, PICTOGRAPHIC = 1, 2, 3, 4, 5
EVERYTHING = "".join(map(chr, SCALARS))


def matching(pattern):
    """The code points in the matches of a pattern."""
    split = Split(Regex(pattern), "removed", invert=True)
    return [
        ord(c) for piece, _ in split.pre_tokenize_str(EVERYTHING) for c in piece
    ]


def charsmap(key):
    """A precompiled map with one entry: `key` becomes X."""
    units = [0] * (256 << (len(key.encode()) + 1).bit_length())
    units[0], place = 256 << 10, 256
    for depth, byte in enumerate(key.encode()):
        place ^= byte
        last = depth + 1 == len(key.encode())
        units[place] = byte | (1 << 8 if last else 0) | (256 * (depth + 2)) << 10
        place ^= 256 * (depth + 2)
    units[place] = 1 << 31
    trie = struct.pack(f"<{len(units)}I", *units)
    normalize = Precompiled(struct.pack("<I", len(trie)) + trie + b"X\0").normalize_str
    assert normalize(f"-{key}-") == "-X-"
    return normalize


def clusters():
    """The class of each code point, from which clusters of less than six bytes are replaced."""
    letter, accent, sign = charsmap("a"), charsmap("\u0301"), charsmap("\u00a9")
    table = [0] * LIMIT
    for code in SCALARS:
        c = chr(code)
        extends = len(c.encode()) < 5 and c != "a" and letter(f"a{c}") == "X"
        if code == 0x200D:
            table[code] = JOINER
        elif extends:
            table[code] = EXTENDING
        elif c not in "a\u0301" and accent(f"{c}\u0301\u0301") == f"{c}X":
            table[code] = CONTROL
        elif c != "a" and letter(f"{c}a\u0301\u0301") == f"{c}X\u0301\u0301":
            table[code] = PREPENDED
        elif c == "\u00a9" or sign(f"\u00a9\u200d{c}") == f"X\u200d{c}":
            table[code] = PICTOGRAPHIC
    return table


def traits():
    strip = StripAccents().normalize_str
    spaces, digits = WhitespaceSplit().pre_tokenize_str, Digits().pre_tokenize_str
    table = [16 * value for value in clusters()]
    for code in SCALARS:
        c = chr(code)
        table[code] |= ACCENT if strip(c) == "" else 0
        table[code] |= SPACE if len(spaces(f"a{c}a")) == 2 else 0
        table[code] |= NUMERIC if len(digits(f"a{c}a")) == 3 else 0
    for code in matching(r"\w+"):
        table[code] |= WORD
    return table


def categories():
    table = [0] * LIMIT
    for number, name in enumerate(CATEGORIES):
        if name != "Cs":
            for code in matching(rf"\p{{{name}}}+"):
                table[code] = number
    return table


def compositions():
    """Pairs that NFC joins; Hangul is joined by rule."""
    decompose, compose = NFD().normalize_str, NFC().normalize_str
    numbers, last = [], 0
    for code in SCALARS:
        c = chr(code)
        parts = decompose(c)
        if code in HANGUL or parts == c or compose(c) != c:
            continue
        first = compose(parts[:-1])
        assert len(first) == 1 and compose(first + parts[-1]) == c, hex(code)
        numbers += [code - last, ord(first), ord(parts[-1])]
        last = code
    return numbers


def compatible_forms():
    canonical = NFD().normalize_str
    compatible = mappings(NFKD().normalize_str)
    for code in SCALARS:
        assert NFKC().normalize_str(chr(code)) == NFC().normalize_str(compatible.get(code, chr(code)))
    return {code: form for code, form in compatible.items() if canonical(chr(code)) != form}


def write(name, parts):
    path = Path(__file__).resolve().parents[2] / f"Sources/Tokenizers/Unicode/{name}.swift"
    path.write_text(
        f"/// How tokenizers {tokenizers.__version__} sees every code point outside of BERT, packed by\n"
        "/// scripts/reference/unicode_text_tables.py, which explains the form.\n"
        f"enum {name} {{\n" + "\n".join(literal(*part) for part in parts) + "}\n"
    )
    print(f"{path}: {path.stat().st_size} bytes")


def main():
    write("UnicodeTextData", [
        ("traits", "Runs of code points with equal traits.", runs(traits())),
        ("categories", "Runs of one general category.", runs(categories())),
    ])
    write("UnicodeFormData", [
        ("compatibleForms", "What NFKD makes of code points, where NFD does otherwise.",
         targets(compatible_forms())),
        ("compositions", "Distances of code points, and the pairs they are made of.", compositions()),
    ])


if __name__ == "__main__":
    main()
