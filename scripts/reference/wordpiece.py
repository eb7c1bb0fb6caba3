#!/usr/bin/env python3
"""Writes the fixtures of Tests/TokenizersTests: tokenizers, encodings, a learnt vocabulary, digests.

  uncased.json, cased.json     tokenizer.json files over a vocabulary learnt here from invented text
  uncased.jsonl, cased.jsonl   what the library makes of nasty texts with them
  training.json                texts and the vocabulary that a plain loop learns from them, with the
                               order of ties that WordPieceTrainer documents
  unicode.json                 for every stretch of 16,384 code points the digests of what each
                               normalizer and the pre-tokenizer make of "a", the code point, "b",
                               and of what UnicodeScripts makes of the stretch, thoroughly mixed

  python scripts/reference/wordpiece.py        (needs the `tokenizers` package; a minute)
"""

import hashlib
import json
import platform
import random
from collections import Counter
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, processors
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer, UnicodeScripts
from tokenizers.trainers import WordPieceTrainer

SEED = 7
FOLDER = Path(__file__).resolve().parents[2] / "Tests/TokenizersTests/Fixtures"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
METADATA = {
    "script": "scripts/reference/wordpiece.py",
    "tokenizers": tokenizers.__version__,
    "python": platform.python_version(),
    "seed": SEED,
}
ONSETS = ["b", "d", "f", "gl", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v", "z", ""]
VOWELS = ["a", "e", "i", "o", "u", "é", "ö", "ai"]
CODAS = ["", "", "n", "r", "s", "l", "m"]
EXTRA = "가나다라마바사 한국말 中文字 日本 αβγδ Жизнь مرحبا 0123456789 .,!?'\"-()[]#$%&"
NASTY = [
    "", " ", "\t\n\r ", "a", "Ä", "À la carte!", "naïve café", "e\u0301te\u0301", "ÉTÉ", "İstanbul",
    "ΟΔΟΣ σς", "ﬁn", "Ǆ ǅ ǆ", "ß ẞ", "가나다 힣 한국말", "ᄀ\u1161\u11a8", "中文字日本", "a中b文c",
    "㐀𠀀𪜀𫠠𫢠", "ひらがな カタカナ", "x\u200by\u200dz\ufeff", "soft\u00adhyphen", "nul\x00bel\x07del\x7f",
    "vt\x0bff\x0cnel\x85end", "nbsp\u00a0thin\u2009line\u2028par\u2029wide\u3000.", "\ufffd�",
    "private\ue000use", "unassigned\u0378\U000e0080", "don't", "we'll do not go , is n't it ?",
    "a.b,c;d:e", "$5.00 = €4,50 (≈ £4)", "—–‘’“”…", "[MASK]", "[MASK][SEP]x[CLS] y", "[mask] [ MASK ]",
    "go [MASK] , home", "##a a##b # ##", "x" * 20, "x" * 21, "ab" * 60, "mala " * 3 + "\U0001f600 ok",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0301\u302e first", "o\u0323\u0302\u0300p",
    "q\u0307\u0323 \u0f71\u0f73\u0f72 \u0344", "Z\u00e9\U0001d165\u094d", "a\u1b44\u0f39b",
    "\U0001d15e\U0001d1c0", "covid covid19 COVID", "new york  New York", "<x><x> <x>y", "t\u00f6k tok",
    "\u0130\u0307", "\u1e9b\u0323", "한\u0301글", "\u00bd \u00b2 \u2168 \u2460", "ａｂｃ！", "\u0e40\u0e01\u0e32\u0e30",
    "नमस्ते", "שָׁלוֹם", "السَّلَامُ", "a\u034fb", "\u0345\u0399", "ª º", "\u1fbc \u1f80",
]


def normalizer(**options):
    settings = dict(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
    return BertNormalizer(**(settings | options))


def words_of(texts, **options):
    normalize = normalizer(**options).normalize_str
    split = BertPreTokenizer().pre_tokenize_str
    return Counter(word for text in texts for word, _ in split(normalize(text)))


def invented_texts(generator, count):
    lexicon = [
        "".join(
            generator.choice(ONSETS) + generator.choice(VOWELS) + generator.choice(CODAS)
            for _ in range(generator.randint(1, 4))
        )
        for _ in range(400)
    ]
    lexicon += EXTRA.split()
    weights = [1 / (rank + 3) for rank in range(len(lexicon))]
    texts = []
    for _ in range(count):
        words = generator.choices(lexicon, weights, k=generator.randint(3, 14))
        words = [w.capitalize() if generator.random() < 0.15 else w for w in words]
        texts.append(" ".join(words) + generator.choice(".!?"))
    return texts + [" ".join(EXTRA.replace(" ", ""))] * 2


def learn(counts, size, alphabet_limit=1000):
    """WordPiece's way to a vocabulary, counting every pair anew for every join."""
    letters, continuing = Counter(), Counter()
    for word, count in counts.items():
        for index, letter in enumerate(word):
            letters[letter] += count
            if index:
                continuing[letter] += count
    kept = sorted(letters, key=lambda x: (-letters[x], x))[:alphabet_limit]
    tokens = SPECIAL + sorted(kept)
    tokens += ["##" + x for x in sorted(kept, key=lambda x: (-continuing[x], x)) if continuing[x]]
    ids = {token: index for index, token in enumerate(tokens)}
    split = {}
    for word in counts:
        names = [x if index == 0 else "##" + x for index, x in enumerate(word)]
        split[word] = [ids[x] for x in names if x in ids]
    while len(tokens) < size:
        pairs = Counter()
        for word, pieces in split.items():
            for pair in zip(pieces, pieces[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        name = tokens[best[0]] + tokens[best[1]].removeprefix("##")
        if name not in ids:
            ids[name] = len(tokens)
            tokens.append(name)
        for pieces in split.values():
            index = 0
            while index + 1 < len(pieces):
                if (pieces[index], pieces[index + 1]) == best:
                    pieces[index : index + 2] = [ids[name]]
                index += 1
    return tokens


def check_against_library(texts, tokens):
    """The library leaves ties to chance, so its vocabulary is nearly this one."""
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer(), BertPreTokenizer()
    trainer = WordPieceTrainer(
        vocab_size=len(tokens), special_tokens=SPECIAL, show_progress=False, limit_alphabet=1000
    )
    tokenizer.train_from_iterator(texts, trainer)
    common = len(set(tokens) & set(tokenizer.get_vocab()))
    print(f"{common} of {len(tokens)} tokens are those of the library's trainer")
    assert common > 0.95 * len(tokens)


def model(tokens, longest):
    vocabulary = {token: index for index, token in enumerate(tokens)}
    return WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=longest)


def uncased(tokens):
    tokenizer = Tokenizer(model(tokens, 100))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer(), BertPreTokenizer()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def cased(tokens):
    tokenizer = Tokenizer(model(tokens, 20))
    tokenizer.normalizer = normalizer(
        lowercase=False, strip_accents=True, handle_chinese_chars=False
    )
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.add_special_tokens(SPECIAL[:4] + [AddedToken("[MASK]", lstrip=True, special=True)])
    tokenizer.add_tokens(
        [
            AddedToken("covid", normalized=True),
            AddedToken("New York", normalized=False, single_word=True),
            AddedToken("<x>", normalized=False, rstrip=True),
            AddedToken("tök", normalized=True, single_word=True),
        ]
    )
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    tokenizer.enable_truncation(64, stride=3)
    tokenizer.enable_padding(length=16)
    return tokenizer


def write_tokenizer(name, tokenizer, texts):
    tokenizer.save(str(FOLDER / f"{name}.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lines = [json.dumps({"metadata": METADATA})]
    for text in texts:
        encoding = tokenizer.encode(text)
        entry = {
            "text": text,
            "ids": encoding.ids,
            "offsets": [place for pair in encoding.offsets for place in pair],
            "special_tokens_mask": encoding.special_tokens_mask,
            "decoded": tokenizer.decode(encoding.ids),
        }
        lines.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")))
    (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def unicode_digests():
    plain = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    variants = {
        key: BertNormalizer(**(plain | {key: True})).normalize_str for key in plain
    } | {"all": normalizer().normalize_str}
    split = BertPreTokenizer().pre_tokenize_str
    functions = variants | {"words": lambda text: "\x1f".join(w for w, _ in split(text))}
    result = {"metadata": METADATA}
    for name, function in functions.items():
        digests = []
        for first in range(0, 0x110000, 0x4000):
            digest = hashlib.sha256()
            for code in range(first, first + 0x4000):
                if not 0xD800 <= code <= 0xDFFF:
                    digest.update(function(f"a{chr(code)}b").encode() + b"\n")
            digests.append(digest.hexdigest()[:16])
        result[name] = digests
    return result | {"scripts": script_digests()}


def script_digests():
    split = UnicodeScripts().pre_tokenize_str
    digests = []
    for first in range(0, 0x110000, 0x4000):
        codes = [first + index * 6121 % 0x4000 for index in range(0x4000)]
        text = "".join(chr(code) for code in codes if not 0xD800 <= code <= 0xDFFF)
        words = "\x1f".join(word for word, _ in split(text))
        digests.append(hashlib.sha256(words.encode()).hexdigest()[:16])
    return digests


def write_json(name, value):
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


def main():
    generator = random.Random(SEED)
    texts = invented_texts(generator, 420)
    tokens = learn(words_of(texts), 600)
    check_against_library(texts, tokens)
    few = learn(words_of(texts), 600, alphabet_limit=30)
    write_json(
        "training.json",
        {"metadata": METADATA, "texts": texts, "vocabulary": tokens, "alphabetOf30": few},
    )
    cased_options = dict(lowercase=False, strip_accents=True, handle_chinese_chars=False)
    samples = NASTY + generator.sample(texts, 25)
    letters = "".join(NASTY) + "ab c"
    samples += [
        "".join(generator.choices(letters, k=generator.randint(1, 40))) for _ in range(120)
    ]
    write_tokenizer("uncased", uncased(tokens), samples)
    write_tokenizer("cased", cased(learn(words_of(texts, **cased_options), 500)), samples)
    write_json("unicode.json", unicode_digests())


if __name__ == "__main__":
    main()
