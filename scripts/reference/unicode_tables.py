#!/usr/bin/env python3
"""Write Sources/Tokenizers/Unicode/UnicodeData.swift.

Hugging Face tokenizers mixes several versions of Unicode, so neither the platform's tables nor any
one edition of the standard agrees with it. This script asks the library itself about every code
point and packs the answers.

usage: unicode_tables.py [OUTPUT]        (needs the `tokenizers` package; takes about a minute)

Every table is a list of numbers in base 32, least significant digit first: a character of the
alphabet below holds five bits, and 32 is added to it when more digits follow.
"""

import sys
import unicodedata
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
LIMIT = 0x110000
SCALARS = [c for c in range(LIMIT) if not 0xD800 <= c <= 0xDFFF]
HANGUL = range(0xAC00, 0xAC00 + 11172)

# Bits of a property: UnicodeTables.Properties spells the same ones.
REMOVED, CLEANED_TO_SPACE, SEPARATOR, PUNCTUATION = 1, 2, 4, 8
IDEOGRAPH, STRIPPED_MARK, WORD, WHITE_SPACE = 16, 32, 64, 128


def bert(**options):
    settings = dict(
        clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False
    )
    return BertNormalizer(**(settings | options)).normalize_str


def splitter(**options):
    """A tokenizer whose only token is the added token "Z"."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.add_tokens([AddedToken("Z", normalized=False, **options)])
    return lambda text: tokenizer.encode(text, add_special_tokens=False).tokens


def properties():
    clean = bert(clean_text=True)
    chinese = bert(handle_chinese_chars=True)
    strip = bert(strip_accents=True)
    decompose = NFD().normalize_str
    split = BertPreTokenizer().pre_tokenize_str
    single_word = splitter(single_word=True)
    left_strip = splitter(lstrip=True)
    table = [0] * LIMIT
    for code in SCALARS:
        c = chr(code)
        bits = {f"a{c}b": 0, "ab": REMOVED, "a b": CLEANED_TO_SPACE}[clean(f"a{c}b")]
        pieces = [piece for piece, _ in split(f"a{c}b")]
        if pieces == ["a", "b"]:
            bits |= SEPARATOR
        elif pieces == ["a", c, "b"]:
            bits |= PUNCTUATION
        else:
            assert pieces == [f"a{c}b"], (hex(code), pieces)
        spaced = chinese(c)
        assert spaced in (c, f" {c} "), hex(code)
        if spaced != c:
            bits |= IDEOGRAPH
        if decompose(c) == c and strip(c) == "":
            bits |= STRIPPED_MARK
        if code != ord("Z"):
            before, after = single_word(f"{c}Z"), single_word(f"Z{c}")
            assert len(before) == len(after), hex(code)
            if len(before) == 1:
                bits |= WORD
            if len(left_strip(f"{c}Z")) == 1:
                bits |= WHITE_SPACE
        else:
            bits |= WORD
        table[code] = bits
    return table


def mappings(normalize):
    return {code: normalize(chr(code)) for code in SCALARS if normalize(chr(code)) != chr(code)}


def combining_classes(decomposed):
    """The class of every mark, from the order in which NFD puts it beside marks of known class."""
    order = NFD().normalize_str
    stable = [code for code in SCALARS if code not in decomposed and code not in HANGUL]
    low, high = "\u0334", "\u0345"  # Classes 1 and 240, the lowest and the highest.
    marks = [
        code
        for code in stable
        if order(f"a{chr(code)}{low}") != f"a{chr(code)}{low}"
        or order(f"a{high}{chr(code)}") != f"a{high}{chr(code)}"
        or chr(code) == high
    ]
    known = {}
    for code in marks:
        known.setdefault(unicodedata.combining(chr(code)), chr(code))
    assert 0 not in known and min(known) == 1 and max(known) == 240, known
    table = [0] * LIMIT
    for code in marks:
        c = chr(code)
        same = [
            value
            for value, mark in known.items()
            if order(f"a{c}{mark}") == f"a{c}{mark}" and order(f"a{mark}{c}") == f"a{mark}{c}"
        ]
        assert len(same) == 1, (hex(code), same)
        table[code] = same[0]
    return table


def check(decomposed, table):
    """What UnicodeTables computes, NFD by decomposing and sorting, is what the library does."""
    order = NFD().normalize_str
    for code in HANGUL:
        index = code - HANGUL[0]
        parts = chr(0x1100 + index // 588) + chr(0x1161 + index % 588 // 28)
        if index % 28:
            parts += chr(0x11A7 + index % 28)
        assert decomposed[code] == parts, hex(code)
        del decomposed[code]
    strip = bert(strip_accents=True)
    marks = {chr(code) for code in SCALARS if table[code] & STRIPPED_MARK}
    for code in SCALARS:
        c = chr(code)
        assert strip(c) == "".join(x for x in order(c) if x not in marks), hex(code)


def digits(value):
    text = ""
    while value >= 32:
        text += ALPHABET[32 + value % 32]
        value //= 32
    return text + ALPHABET[value]


def runs(table):
    """The length and the value of every run of equal values; surrogates go with what is before."""
    for code in range(0xD800, 0xE000):
        table[code] = table[0xD7FF]
    numbers, start = [], 0
    for code in range(1, LIMIT + 1):
        if code == LIMIT or table[code] != table[start]:
            numbers += [code - start, table[start]]
            start = code
    return numbers


def targets(mapping):
    """For each code point its distance from the last one, the target's length and the target."""
    numbers, last = [], 0
    for code, target in sorted(mapping.items()):
        numbers += [code - last, len(target), *map(ord, target)]
        last = code
    return numbers


def literal(name, summary, numbers):
    text = "".join(map(digits, numbers))
    lines = [text[i : i + 95] for i in range(0, len(text), 95)]
    body = "\\\n".join(f"    {line}" for line in lines)
    return f'  /// {summary}\n  static let {name}: StaticString = """\n{body}\n    """\n'


def main():
    root = Path(__file__).resolve().parents[2]
    default = root / "Sources/Tokenizers/Unicode/UnicodeData.swift"
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    table = properties()
    decomposed = mappings(NFD().normalize_str)
    check(decomposed, table)
    lowered = mappings(bert(lowercase=True))
    classes = combining_classes(decomposed)
    parts = [
        literal("properties", "Runs of code points with equal properties.", runs(table)),
        literal("combiningClasses", "Runs with an equal combining class.", runs(classes)),
        literal("decompositions", "Full canonical decompositions but Hangul.", targets(decomposed)),
        literal("lowercase", "What lowercasing makes of code points.", targets(lowered)),
    ]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(
        f"/// How tokenizers {tokenizers.__version__} sees every code point, packed by\n"
        "/// scripts/reference/unicode_tables.py, which explains the form.\n"
        "enum UnicodeData {\n" + "\n".join(parts) + "}\n"
    )
    print(f"{output}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
