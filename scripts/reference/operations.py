#!/usr/bin/env python3
"""Writes golden fixtures of single operations: Tests/TensorsTests/Fixtures/operations.{safetensors,json}.

For an operation `name` the tensors are `name.<input>`, `name.output`, `name.outputGradient` (what
arrives from above) and `name.<input>Gradient`. Everything was computed in float64 from inputs that
are exact in float32, and rounded. The JSON file has what is no float: ids, offsets, epsilon, heads.

Attention is computed by PyTorch on padded rows with a padding mask and written packed: only the
tokens that exist, row after row, with `sequenceOffsets`; so it tests that padding plays no part.

  python scripts/reference/operations.py
"""

import os

import torch
import torch.nn.functional as functional
from transformers import ModernBertConfig
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position
from transformers.models.modernbert.modeling_modernbert import (
    ModernBertRotaryEmbedding, rotate_half,
)

from fixtures import folder, provenance, random_tensor, settle, write_json, write_tensors

SEED = 31


class Recorder:
    """Collects the inputs, outputs and gradients of operations."""

    def __init__(self):
        self.tensors = {}
        self.scalars = provenance(SEED)
        self.generator = torch.Generator().manual_seed(SEED)

    def random(self, *shape, scale=1.0):
        return random_tensor(self.generator, *shape, scale=scale)

    def record(self, name, operation, inputs, **scalars):
        """Runs `operation` on `inputs` (name to tensor) and keeps all there is to compare."""
        leaves = {key: value.clone().requires_grad_() for key, value in inputs.items()}
        output = operation(**leaves)
        above = torch.ones_like(output) if output.ndim == 0 else self.random(*output.shape)
        output.backward(above)
        for key, leaf in leaves.items():
            self.tensors[f"{name}.{key}"] = leaf
        self.tensors[f"{name}.output"] = output.reshape(1) if output.ndim == 0 else output
        if output.ndim > 0:
            self.tensors[f"{name}.outputGradient"] = above
        for key, leaf in leaves.items():
            self.tensors[f"{name}.{key}Gradient"] = leaf.grad
        if scalars:
            self.scalars[name] = scalars


def attention(queries, keys, values, *, heads, lengths, window=None):
    """softmax(q k' / sqrt(d)) v for packed [tokens, hidden] inputs, by way of padded rows.

    With a window only keys at most that many places away are seen.
    """
    rows, longest, hidden = len(lengths), max(lengths), queries.shape[1]
    where = torch.arange(longest)[None, :] < torch.tensor(lengths)[:, None]

    def padded(packed):
        # Padding gets large numbers, which would show if the mask let any of them through.
        full = torch.full((rows, longest, hidden), 17.0, dtype=packed.dtype)
        full = full.masked_scatter(where[:, :, None].expand_as(full), packed)
        return full.view(rows, longest, heads, hidden // heads).transpose(1, 2)

    query, key, value = padded(queries), padded(keys), padded(values)
    scores = query @ key.transpose(2, 3) / (hidden // heads) ** 0.5
    scores = scores.masked_fill(~where[:, None, None, :], torch.finfo(scores.dtype).min)
    if window is not None:
        places = torch.arange(longest)
        far = (places[:, None] - places[None, :]).abs() > window
        scores = scores.masked_fill(far, torch.finfo(scores.dtype).min)
    mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(rows, longest, hidden)
    return mixed[where]


def gated_gelu(input):
    activated, gate = input.chunk(2, -1)
    return functional.gelu(activated) * gate


def rotate(input, *, headSize, base, positions):
    """Rotary position embedding of all heads of [tokens, heads * headSize] as ModernBERT has it."""
    rope = {"rope_type": "default", "rope_theta": base}
    embedding = ModernBertRotaryEmbedding(ModernBertConfig(
        hidden_size=headSize, num_attention_heads=1,
        rope_parameters={"full_attention": rope, "sliding_attention": rope}))
    cosines, sines = embedding(input, torch.tensor([positions]), "full_attention")
    heads = input.view(len(positions), -1, headSize).transpose(0, 1)[None]
    # The function computes in float32 whatever it is given; the formula is the same in float64.
    turned = heads * cosines[:, None] + rotate_half(heads) * sines[:, None]
    return turned[0].transpose(0, 1).reshape(input.shape)


def main():
    settle()
    out = Recorder()

    out.record("linear", functional.linear, dict(
        input=out.random(5, 7), weight=out.random(3, 7), bias=out.random(3)))
    out.record("matmul", lambda left, right: left @ right, dict(
        left=out.random(5, 3), right=out.random(3, 7)))

    nearly_constant = 4 + out.random(1, 11, scale=1e-3)
    for name, epsilon in (("layerNorm", 1e-12), ("layerNormWideEpsilon", 1e-5)):
        out.record(
            name,
            lambda input, weight, bias: functional.layer_norm(input, [11], weight, bias, epsilon),
            dict(input=torch.cat([out.random(5, 11), out.random(1, 11, scale=30), nearly_constant]),
                 weight=1 + out.random(11, scale=0.3), bias=out.random(11)),
            epsilon=epsilon)

    edges = torch.tensor([[0.0, -0.0, 1e-30, -1e-30, 0.751, -0.751, 3.5, -3.5, 6.0, -6.0, 12, -12,
                           40]], dtype=torch.float32).double()
    spread = torch.cat([edges, out.random(4, 13, scale=2)])
    out.record("gelu", functional.gelu, dict(input=spread))
    out.record("tanh", torch.tanh, dict(input=spread))
    out.record("relu", torch.relu, dict(input=out.random(3, 13)))

    steep = torch.cat([out.random(4, 13, scale=3), out.random(1, 13, scale=60),
                       torch.full((1, 13), 90.0, dtype=torch.float64)])
    out.record("softmax", lambda input: functional.softmax(input, -1), dict(input=steep))

    rows, labels = [1, 2, 5, 7], [12, 0, 7, 7]
    logits = torch.cat([out.random(6, 13, scale=3), out.random(2, 13, scale=60)])
    chosen = torch.tensor(rows), torch.tensor(labels)
    out.record(
        "crossEntropy",
        lambda logits: functional.cross_entropy(logits[chosen[0]], chosen[1]),
        dict(logits=logits), rows=rows, labels=labels)
    out.record(
        "crossEntropySum",
        lambda logits: functional.cross_entropy(logits[chosen[0]], chosen[1], reduction="sum"),
        dict(logits=logits), rows=rows, labels=labels)

    ids = [4, 0, 10, 4, 4, 7]
    out.record("embedding", lambda weight: functional.embedding(torch.tensor(ids), weight),
               dict(weight=out.random(11, 5)), ids=ids)

    lengths, heads, hidden = [5, 1, 7, 3], 2, 6
    offsets = [sum(lengths[:index]) for index in range(len(lengths) + 1)]
    out.record(
        "attention",
        lambda queries, keys, values: attention(
            queries, keys, values, heads=heads, lengths=lengths),
        dict(queries=out.random(16, hidden, scale=2), keys=out.random(16, hidden, scale=2),
             values=out.random(16, hidden)),
        headCount=heads, sequenceOffsets=offsets)

    convolved = [0, 5, 6, 16]
    out.record(
        "convolution",
        lambda input, weight, bias: torch.cat([
            functional.conv1d(part.T[None], weight, bias, padding=2)[0].T
            for part in input.split([5, 1, 10])]),
        dict(input=out.random(16, 3), weight=out.random(4, 3, 5), bias=out.random(4)),
        sequenceOffsets=convolved)
    out.scalars["relativeBuckets"] = [
        dict(bucketCount=count, maximum=maximum, buckets=make_log_bucket_position(
            torch.arange(distances), count, maximum).long().tolist())
        for count, maximum, distances in ((256, 512, 1200), (8, 17, 40), (32, 128, 140),
                                          (7, 6, 20), (320, 1024, 1100))
    ]

    window = 2
    out.record(
        "windowedAttention",
        lambda queries, keys, values: attention(
            queries, keys, values, heads=heads, lengths=lengths, window=window),
        dict(queries=out.random(16, hidden, scale=2), keys=out.random(16, hidden, scale=2),
             values=out.random(16, hidden)),
        headCount=heads, sequenceOffsets=offsets, window=window)
    out.record("gatedGELU", gated_gelu, dict(input=torch.cat([spread, spread.flip(0)], 1)))
    rotary = dict(headSize=6, base=100.0, positions=[0, 7, 3, 11, 200])
    out.record("rotary", lambda input: rotate(input, **rotary), dict(input=out.random(5, 12)),
               **rotary)

    path = folder("Tensors")
    write_tensors(os.path.join(path, "operations.safetensors"), out.tensors, SEED)
    write_json(os.path.join(path, "operations.json"), out.scalars)


if __name__ == "__main__":
    main()
