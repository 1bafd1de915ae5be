"""Outputs of a net as numbers, and as Caffe's log lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from layerzoo.graph import Blob
from layerzoo.log import number
from layerzoo.net import Net


def output_values(net: Net | Sequence[Blob], outputs: list[Tensor]) -> dict[str, list[float]]:
    """Elements of a net's outputs by name, in one copy from the device.

    Args:
        net: the net, or the blobs whose values are given.
        outputs: the values.
    """
    blobs = net.graph.outputs if isinstance(net, Net) else net
    flat = torch.cat([o.reshape(-1).float() for o in outputs]).tolist() if outputs else []
    values: dict[str, list[float]] = {}
    for blob, tensor in zip(blobs, outputs, strict=False):
        values[blob.name], flat = flat[: tensor.numel()], flat[tensor.numel() :]
    return values


def output_weights(net: Net) -> dict[str, float]:
    """Loss weight of each of a net's outputs by name; 0 if it is not a loss."""
    weights = dict(net.graph.losses)
    return {blob.name: weights.get(blob.index, 0.0) for blob in net.graph.outputs}


def output_lines(values: Mapping[str, list[float]], weights: Mapping[str, float]) -> Iterator[str]:
    """Lines such as ``#0: loss = 0.25 (* 1 = 0.25 loss)``, one for each element of each output."""
    index = 0
    for name, elements in values.items():
        weight = weights.get(name, 0.0)
        for value in elements:
            share = f" (* {number(weight)} = {number(weight * value)} loss)" if weight else ""
            yield f"#{index}: {name} = {number(value)}{share}"
            index += 1
