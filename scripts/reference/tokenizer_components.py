#!/usr/bin/env python3
"""Writes the fixtures of Tests/TokenizersTests for byte-level BPE, Unigram and every component.

  bytelevel.json, unigram.json     tokenizer.json files over vocabularies learnt from invented text
  bytelevel.jsonl, unigram.jsonl   what the library makes of nasty texts with them
  likely-pieces.json               what the Unigram trainer learns from the texts of training.json
  components.json                  a tokenizer that knows few letters, parts of a tokenizer.json that
                                   are put into it one by one, and what the library makes of texts

  python scripts/reference/tokenizer_components.py        (needs the `tokenizers` package; seconds)
"""

import base64
import json
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE, Unigram
from tokenizers.trainers import BpeTrainer, UnigramTrainer

import unicode_text_tables
import wordpiece

METADATA = wordpiece.METADATA | {"script": "scripts/reference/tokenizer_components.py"}
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
MORE = [
    "  two  spaces  ", "a <mask> b", "<s>x</s>", "I'm you're they'll we've he'd it's 't",
    "x\n\ny", "tab\t\tz ", "'s's", "12 345 6", "\u00a0a\u3000b", "``quoted''", "ﬁne é e\u0301", "a\r\nb",
    "ab" * 40, "한국어 글", "\u2581under \u2581", "A\u030a\u0323 \u1e69", "ٱلسلام", "हिन्दी",
]
SHORT = [
    "", " ", "ab", " a  b ", "Ab,c.D", "é e\u0301x", "ﬁ½a", "a\u0301\u0323b", "\u0301a", "한a글", "1 23a",
    "x\u200dy\u00adz", "a\r\nb\tc", "``a''", "<0x41>ab", "\u0958a\u093c", "İI", "a\u2581b", "  ", "a-b--c",
    "\ufeffa\u3000", "\u1100\u1161\u11a8", "©\u200d®", "aab aab",
]


def shaped(kind, **values):
    return {"type": kind, **values}


def charsmap(key):
    """The single-entry map of unicode_text_tables, in base 64."""
    normalizer = unicode_text_tables.charsmap(key).__self__
    return json.loads(normalizer.__getstate__())["precompiled_charsmap"]


def variants():
    for name in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel"]:
        yield {"normalizer": shaped(name)}
    for left, right in [(True, False), (False, True), (True, True)]:
        yield {"normalizer": shaped("Strip", strip_left=left, strip_right=right)}
    yield {"normalizer": shaped("Prepend", prepend="▁x")}
    for pattern, content in [
        ({"String": "``"}, '"'), ({"Regex": " {2,}"}, " "), ({"Regex": "a|b"}, "bba"),
        ({"String": "a"}, ""), ({"Regex": r"\p{Ll}(?=[,.])|\s+$"}, "-"),
    ]:
        yield {"normalizer": shaped("Replace", pattern=pattern, content=content)}
    for key in ["a", "é", "e\u0301", "\u0301"]:
        yield {"normalizer": shaped("Precompiled", precompiled_charsmap=charsmap(key))}
    forms = [shaped("NFKD"), shaped("StripAccents"), shaped("NFC"), shaped("Lowercase")]
    yield {"normalizer": shaped("Sequence", normalizers=forms)}
    for name in ["Whitespace", "WhitespaceSplit", "BertPreTokenizer"]:
        yield {"pre_tokenizer": shaped(name)}
    for flag in [True, False]:
        yield {"pre_tokenizer": shaped("Digits", individual_digits=flag)}
        yield {"pre_tokenizer": shaped(
            "ByteLevel", add_prefix_space=flag, trim_offsets=True, use_regex=not flag)}
    for scheme, split in [("always", True), ("first", True), ("never", True), ("always", False)]:
        yield {"pre_tokenizer": shaped(
            "Metaspace", replacement="▁", prepend_scheme=scheme, split=split)}
    yield {"pre_tokenizer": shaped("CharDelimiterSplit", delimiter="-")}
    yield {"pre_tokenizer": shaped("FixedLength", length=2)}
    yield {"pre_tokenizer": shaped("UnicodeScripts")}
    yield {"pre_tokenizer": shaped("Sequence", pretokenizers=[
        shaped("Whitespace"), shaped("UnicodeScripts")])}
    for split in ["WhitespaceSplit", "UnicodeScripts"]:
        yield {"model": word_level(), "pre_tokenizer": shaped(split)}
    for behavior in [
        "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"
    ]:
        yield {"pre_tokenizer": shaped("Punctuation", behavior=behavior)}
        yield {"pre_tokenizer": shaped(
            "Split", pattern={"Regex": r"[^\w\s]|\d+"}, behavior=behavior, invert=False)}
    yield {"pre_tokenizer": shaped(
        "Split", pattern={"String": "a"}, behavior="Isolated", invert=True)}
    yield {"pre_tokenizer": shaped(
        "Split", pattern={"Regex": r"(?i:'s|A)|\p{N}{1,2}|\s+(?!\S)|(?:a|aa)++b|[^a-c]?b*?"},
        behavior="Isolated", invert=False)}
    yield {"pre_tokenizer": shaped("Sequence", pretokenizers=[
        shaped("Whitespace"), shaped("Metaspace", replacement="▁", prepend_scheme="first", split=True)
    ])}
    level = shaped("ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True)
    yield {"pre_tokenizer": level, "post_processor": level}
    for trims, adds in [(True, False), (True, True), (False, True)]:
        yield {"pre_tokenizer": level, "post_processor": shaped(
            "RobertaProcessing", sep=["</s>", 2], cls=["<s>", 0], trim_offsets=trims,
            add_prefix_space=adds)}
    yield {"pre_tokenizer": level, "post_processor": shaped("Sequence", processors=[
        level, shaped("BertProcessing", sep=["</s>", 2], cls=["<s>", 0])])}
    for name in ["ByteLevel", "ByteFallback", "Fuse"]:
        yield {"decoder": shaped(name, **(
            dict(add_prefix_space=True, trim_offsets=True, use_regex=True)
            if name == "ByteLevel" else {}))}
    yield {"decoder": shaped("BPEDecoder", suffix="b")}
    yield {"decoder": shaped("Strip", content="a", start=1, stop=0)}
    yield {"decoder": shaped("Strip", content="b", start=0, stop=1)}
    yield {"decoder": shaped("Replace", pattern={"String": "a"}, content="xy")}
    yield {"decoder": shaped("CTC", pad_token="<pad>", word_delimiter_token="▁", cleanup=True)}
    yield {"decoder": shaped("Sequence", decoders=[
        shaped("ByteFallback"), shaped("Fuse"),
        shaped("Metaspace", replacement="▁", prepend_scheme="first", split=True)])}
    for options in [
        dict(fuse_unk=True), dict(ignore_merges=True), dict(end_of_word_suffix="b"),
        dict(continuing_subword_prefix="a"), dict(unk_token=None),
    ]:
        yield {"options": options}


def word_level():
    words = SPECIAL + ["ab", "a", "b", "Ab,c.D", "한", "e\u0301x", "aab aab", "a  b ", "x"]
    return dict(
        type="WordLevel", vocab={word: number for number, word in enumerate(words)}, unk_token="<unk>")


def base():
    """Few letters and merges; every other letter is unknown."""
    tokens = SPECIAL + list("abcxy-▁ĠÃ©'1\u0301") + ["ab", "aab", "aa", "bb", "▁a", "<0x41>", "Ġa"]
    merges = [["a", "b"], ["a", "ab"], ["a", "a"], ["b", "b"], ["▁", "a"], ["Ġ", "a"]]
    model = dict(
        type="BPE", dropout=None, unk_token="<unk>", continuing_subword_prefix=None,
        end_of_word_suffix=None, fuse_unk=False, byte_fallback=False, ignore_merges=False,
        vocab={token: number for number, token in enumerate(tokens)}, merges=merges)
    added = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return dict(
        version="1.0", truncation=None, padding=None,
        added_tokens=[dict(added, id=n, content=token, lstrip=token == "<mask>")
                      for n, token in enumerate(SPECIAL)],
        normalizer=None, pre_tokenizer=None, post_processor=None, decoder=None, model=model)


def components():
    result = []
    for variant in variants():
        file = base() | {key: part for key, part in variant.items() if key != "options"}
        file["model"] = file["model"] | variant.get("options", {})
        try:
            tokenizer = Tokenizer.from_str(json.dumps(file))
        except Exception as problem:
            print("left out:", variant, problem)
            continue
        cases = []
        for text in SHORT:
            encoding = tokenizer.encode(text)
            offsets = " ".join(f"{start},{end}" for start, end in encoding.offsets)
            ids = " ".join(map(str, encoding.ids))
            cases.append([ids, offsets, tokenizer.decode(encoding.ids)])
        result.append(variant | {"cases": cases})
    return {"metadata": METADATA, "base": base(), "texts": SHORT, "variants": result}


def byte_level(texts):
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, BpeTrainer(
        vocab_size=450, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), True, False)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    return tokenizer


def unigram(texts):
    tokenizer = Tokenizer(Unigram())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Replace("``", '"'), normalizers.NFKD(), normalizers.StripAccents(),
        normalizers.Lowercase(), normalizers.Precompiled(base64.b64decode(charsmap("\u2026"))),
        normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(texts, UnigramTrainer(
        vocab_size=300, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s> <s>:2", pair="$A </s> $B:1 </s>:1 <s>:2",
        special_tokens=[("</s>", 2), ("<s>", 0)])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    return tokenizer


def likely_pieces():
    """Vocabularies of several sizes, sorted, for the scores of rare letters are left to chance."""
    texts = json.loads((wordpiece.FOLDER / "training.json").read_text(encoding="utf-8"))["texts"]
    vocabularies = {}
    for size in [300, 400, 700]:
        tokenizer = Tokenizer(Unigram())
        tokenizer.normalizer = normalizers.Sequence([
            normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.train_from_iterator(texts, UnigramTrainer(
            vocab_size=size, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False))
        vocabularies[size] = sorted(tokenizer.get_vocab())
    return {"metadata": METADATA, "vocabularies": vocabularies}


def write(name, tokenizer, texts):
    wordpiece.write_tokenizer(name, tokenizer, texts)
    path = wordpiece.FOLDER / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[0] = json.dumps({"metadata": METADATA})
    path.write_text("\n".join(lines), encoding="utf-8")


def main():
    generator = random.Random(wordpiece.SEED)
    texts = wordpiece.invented_texts(generator, 420)
    samples = wordpiece.NASTY + MORE + generator.sample(texts, 25)
    letters = "".join(wordpiece.NASTY + MORE) + "ab c''"
    samples += [
        "".join(generator.choices(letters, k=generator.randint(1, 30))) for _ in range(100)
    ]
    write("bytelevel", byte_level(texts), samples)
    write("unigram", unigram(texts), samples)
    (wordpiece.FOLDER / "likely-pieces.json").write_text(
        json.dumps(likely_pieces(), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    text = json.dumps(components(), ensure_ascii=False, separators=(",", ":"))
    text = text.replace('{"normalizer"', '\n{"normalizer"').replace('{"pre_tok', '\n{"pre_tok')
    (wordpiece.FOLDER / "components.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
