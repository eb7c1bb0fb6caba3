"""How the reference programs write fixtures: the same bytes for the same numbers, every time.

Every safetensors file carries the script, the seed and the library versions in its metadata; the
header is written here because the library's own writer orders metadata by chance.
"""

import json
import os
import struct
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT_BYTES = 100_000


def settle():
    """Makes PyTorch repeat itself bit for bit."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def folder(module, *parts):
    """The fixtures folder of a test target, made if missing."""
    path = os.path.join(ROOT, "Tests", module + "Tests", "Fixtures", *parts)
    os.makedirs(path, exist_ok=True)
    return path


def provenance(seed):
    """Where a fixture comes from: script, seed and library versions."""
    return {
        "script": "scripts/reference/" + os.path.basename(sys.argv[0]),
        "seed": str(seed),
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
    }


def write_tensors(path, tensors, seed):
    """Writes `tensors` (name to tensor) as a safetensors file of F32, in the given order."""
    header, chunks, offset = {"__metadata__": {"format": "pt", **provenance(seed)}}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    finish(path, struct.pack("<Q", len(text)) + text + b"".join(chunks))


def write_model(path, model, seed):
    """Writes config.json and model.safetensors with the content that save_pretrained gives them."""
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        with open(os.path.join(saved, "config.json"), "rb") as file:
            finish(os.path.join(path, "config.json"), file.read().rstrip() + b"\n")
        stored = load_file(os.path.join(saved, "model.safetensors"))
    write_tensors(os.path.join(path, "model.safetensors"), dict(sorted(stored.items())), seed)


def write_json(path, value):
    """Writes `value` with one line per member of the outermost object or array."""
    dump = lambda part: json.dumps(part, separators=(", ", ": "), allow_nan=False)
    if isinstance(value, dict):
        lines = [json.dumps(key) + ": " + dump(part) for key, part in value.items()]
        text = "{\n  " + ",\n  ".join(lines) + "\n}\n"
    else:
        text = "[\n  " + ",\n  ".join(dump(part) for part in value) + "\n]\n"
    finish(path, text.encode())


def finish(path, data):
    """Writes the bytes, refusing a file that is too large to live in the repository."""
    if len(data) >= LIMIT_BYTES:
        sys.exit(f"{path}: too large: {len(data)} bytes, limit {LIMIT_BYTES}: use smaller shapes")
    with open(path, "wb") as file:
        file.write(data)
    print(f"{len(data):7d}  {os.path.relpath(path, ROOT)}")


def largest_difference(left, right):
    """The largest absolute difference of two tensors, as float64."""
    return (left.detach().double() - right.detach().double()).abs().max().item()


def random_tensor(generator, *shape, scale=1.0):
    """Normal numbers that are exact in float32, as float64."""
    return (scale * torch.randn(*shape, generator=generator)).double()
