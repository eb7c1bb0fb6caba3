#!/usr/bin/env python3
"""Writes files of the reference implementation for Files: Tests/FilesTests/Fixtures/.

written.safetensors   F32 tensors as safetensors.torch.save_file writes them, in the order of their
                      names: `values.<i>` is 0, 1, 2 … divided by 7, or nothing
kinds.safetensors     the same numbers as F16, BF16 and F64, each beside `<kind>.expected`, what
                      they are in F32 (subnormal, largest, infinite numbers included), and an I64
hostile.json          provenance, and cases: name to [hexadecimal bytes, accepted by the reference, accepted by Lockstep];
                      the two differ where the table in the code says why

  python scripts/reference/safetensors_files.py
"""

import json
import os
import struct

import safetensors
import torch
from safetensors import SafetensorError, deserialize
from safetensors.torch import save_file

from fixtures import finish, folder, provenance, settle, write_json

TENSOR = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def main():
    settle()
    target = folder("Files")
    write_written(os.path.join(target, "written.safetensors"))
    write_kinds(os.path.join(target, "kinds.safetensors"))
    cases = {}
    for name, (data, differs) in hostile().items():
        try:
            deserialize(data)
            accepted = True
        except (SafetensorError, ValueError):
            accepted = False
        cases[name] = [data.hex(), accepted, accepted != differs]
    write_json(
        os.path.join(target, "hostile.json"),
        {"provenance": {**provenance(0), "safetensors": safetensors.__version__}, "cases": cases})


def write_written(path):
    shapes = {
        "layer.10.weight": (3, 5), "layer.2.weight": (2, 3, 7), "scalar": (), "empty": (2, 0),
        "Upper": (1,), "é": (2,), 'a "quoted" name\\\n': (3,),
    }
    tensors = {name: (torch.arange(torch.Size(shape).numel()) / 7).reshape(shape)
               for name, shape in shapes.items()}
    save_file(tensors, path, metadata={"format": "pt"})
    with open(path, "rb") as file:
        finish(path, file.read())


def write_kinds(path):
    halves = torch.arange(0, 65536, 89, dtype=torch.int32).to(torch.uint16)
    tensors = {"I64": torch.tensor([1, -2, 3])}
    for kind, type in (("F16", torch.float16), ("BF16", torch.bfloat16)):
        numbers = halves.view(type)
        numbers = numbers[~numbers.isnan()].clone()
        tensors[kind], tensors[kind + ".expected"] = numbers, numbers.to(torch.float32)
    doubles = torch.tensor(
        [0.0, -0.0, 1 / 3, 1e-45, 1e-46, 1e-320, 3.4e38, -3.4028235e38, float("inf"),
         1 + 2**-24, 1 + 2**-24 + 2**-40, 16777217.0], dtype=torch.float64)
    tensors["F64"], tensors["F64.expected"] = doubles, doubles.to(torch.float32)
    tensors["F64.tooLarge"] = torch.tensor([1.0, 1e39], dtype=torch.float64)
    save_file(tensors, path)
    with open(path, "rb") as file:
        finish(path, file.read())


def file_of(header, data=b"\0" * 8):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def hostile():
    """Name to (bytes, whether Lockstep's verdict is the other one)."""
    cases = {}

    def add(name, data, differs=False):
        cases[name] = (data, differs)

    def add_tensor(name, data=b"\0" * 8, differs=False, **fields):
        add(name, file_of({"t": {**TENSOR, **fields}}, data), differs)

    good = file_of({"t": TENSOR})
    add("good", good)
    add("no tensors", file_of({}, b""))
    add("0 bytes", b"")
    add("7 bytes", b"\0" * 7)
    for length in (0, 1, len(good), 2**31, 100_000_001, 2**63 - 1, 2**63, 2**64 - 9, 2**64 - 1):
        add(f"header length {length}", struct.pack("<Q", length) + good[8:])
    add("header cut", struct.pack("<Q", 20) + good[8:])

    add_tensor("data two bytes short", data=b"\0" * 6)
    add_tensor("data behind the end", data=b"\0" * 8 + b"PK\3\4")
    add_tensor("first offset is not 0", data=b"\0" * 12, data_offsets=[4, 12])
    add_tensor("end before begin", data_offsets=[8, 0])
    add_tensor("negative offset", data_offsets=[-4, 4])
    add_tensor("offsets of 2^63", data_offsets=[2**63, 2**63 + 8])
    add_tensor("offset of 2^64 - 1", data_offsets=[0, 2**64 - 1])
    add_tensor("offset of 2^64", data_offsets=[0, 2**64])
    add_tensor("offset as string", data_offsets=["0", "8"])
    add_tensor("offset as fraction", data_offsets=[0, 8.0])
    add("offset with exponent", file_of(
        b'{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8e0]}}'))
    add_tensor("one offset", data_offsets=[8])
    add_tensor("three offsets", data_offsets=[0, 4, 8])
    add_tensor("no offsets", data_offsets=None)
    two = lambda first, second, data: file_of(
        {"a": {**TENSOR, "data_offsets": first}, "b": {**TENSOR, "data_offsets": second}}, data)
    add("two tensors", two([8, 16], [0, 8], b"\0" * 16))
    add("full overlap", two([0, 8], [0, 8], b"\0" * 8))
    add("partial overlap", two([0, 8], [4, 12], b"\0" * 12))
    add("hole", two([0, 8], [12, 20], b"\0" * 20))

    for name, shape in {
        "[2, 2^64 - 2]": [2, 2**64 - 2], "[2^32, 2^32]": [2**32, 2**32],
        "four of 2^62 + 1": [2**62 + 1] * 4, "negative pair": [-1, -2], "[-2]": [-2],
        "[2.0]": [2.0], "2^64": [2**64], "nested": [[2]], "string": ["2"], "null": None,
    }.items():
        add_tensor("shape " + name, shape=shape)
        if name in ("[2^32, 2^32]", "four of 2^62 + 1"):
            add_tensor(f"shape {name}, no data", data=b"", shape=shape, data_offsets=[0, 0])
    # The reference multiplies by 0 first and does not look further: Lockstep refuses such dimensions.
    add_tensor("0 elements of too many", data=b"", shape=[0, 2**64 - 1, 2**64 - 1],
               data_offsets=[0, 0], differs=True)
    add_tensor("too many of 0 elements", data=b"", shape=[2**63, 2**63, 0], data_offsets=[0, 0])
    add_tensor("0 elements", data=b"", shape=[0, 3], data_offsets=[0, 0])
    add_tensor("scalar", data=b"\0" * 4, shape=[], data_offsets=[0, 4])
    add_tensor("rank 16", shape=[2] + [1] * 15)
    # The reference knows no largest rank: nobody needs more than 16.
    add_tensor("rank 17", shape=[2] + [1] * 16, differs=True)
    add_tensor("another size", shape=[3])
    add_tensor("type F31", dtype="F31")
    add_tensor("type in lower case", dtype="f32")
    add_tensor("type null", dtype=None)
    # Numbers of less than a byte are not read.
    add_tensor("type F4", data=b"\0", dtype="F4", data_offsets=[0, 1], differs=True)
    for type, size in {"BOOL": 1, "I8": 1, "F8_E4M3": 1, "U16": 2, "BF16": 2, "C64": 8}.items():
        add_tensor("type " + type, data=b"\0" * 2 * size, dtype=type, data_offsets=[0, 2 * size])

    text = json.dumps(TENSOR).encode()
    add("no description", file_of({"t": 1}))
    add("missing field", file_of({"t": {"dtype": "F32", "shape": [2]}}))
    add_tensor("unknown field", extra=1)
    # The reference is not sure about names that appear twice: Lockstep is.
    add("same name twice", file_of(b'{"t":' + text + b',"t":' + text + b"}"), differs=True)
    add("same name twice, escaped", file_of(b'{"a":' + text + b',"\\u0061":' + text + b"}"),
        differs=True)
    add("same field twice", file_of(
        b'{"t":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}'))
    add("metadata twice", file_of(b'{"__metadata__":{},"__metadata__":{},"t":' + text + b"}"))
    add("metadata key twice", file_of(
        b'{"__metadata__":{"a":"","a":""},"t":' + text + b"}"), differs=True)
    add("metadata", file_of({"__metadata__": {"format": "pt"}, "t": TENSOR}))
    add("metadata null", file_of({"__metadata__": None, "t": TENSOR}))
    add("metadata number", file_of({"__metadata__": {"format": 1}, "t": TENSOR}))
    add("metadata is a tensor", file_of({"__metadata__": TENSOR}))
    names = lambda left, right: (
        b'{"' + left.encode() + b'":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"'
        + right.encode() + b'":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}')
    add("composed and decomposed", file_of(names("\u00e9", "e\u0301"), b"\0" * 16))
    add("names with controls", file_of(names("a\\u0000", "\\u001b[2J<script>"), b"\0" * 16))

    body = b'{"t":' + text + b"}"
    for name, header in {
        "byte-order mark": b"\xef\xbb\xbf" + body, "UTF-16": body.decode().encode("utf-16-le"),
        "invalid UTF-8": body.replace(b'"t"', b'"\xff"'),
        "overlong UTF-8": body.replace(b'"t"', b'"\xc0\xaf"'),
        "surrogate in UTF-8": body.replace(b'"t"', b'"\xed\xa0\x80"'),
        "lone surrogate": body.replace(b'"t"', b'"\\ud800"'),
        "trailing comma": body[:-1] + b",}", "NUL behind": body + b"\0", "second value": body + b"{}",
        "comment": body + b"//", "array": b"[" + body + b"]", "string": b'"' + b"a" * 20 + b'"',
        "space before": b"  " + body, "space behind": body + b"   ",
        "nesting 200": b'{"t":' + b"[" * 200 + b"]" * 200 + b"}", "unclosed": body[:-1],
    }.items():
        add(name, file_of(header))
    return cases


if __name__ == "__main__":
    main()
