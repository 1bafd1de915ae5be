"""Params and inputs of recorded nets, drawn by the rule that the README beside the recordings gives."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from layerzoo.net import Net

Recorded = Mapping[str, NDArray[np.generic]]


def rng(*key: object) -> np.random.Generator:
    """The generator of a key."""
    return np.random.default_rng(zlib.crc32("/".join(map(str, key)).encode()))


def drawn(kind: str, layer: str, index: int, shape: tuple[int, ...]) -> NDArray[np.generic]:
    """The values of a param blob, by the type and the name of its layer."""
    source = rng(layer, index)
    if kind == "BatchNorm":  # a blob is drawn after the numbers for those before it, from its own generator
        values = (source.standard_normal(shape) * 0.1, source.random(shape) + 0.5, np.ones(shape))
        return np.asarray(values[index])
    if kind == "BN":
        slope, *others = (source.standard_normal(shape) for _ in range(3))
        return np.asarray((1 + 0.2 * slope, *(0.1 * x for x in others), source.random(shape) + 0.5)[index])
    if index == 0 and len(shape) > 1:
        return source.standard_normal(shape, dtype="f4") * np.sqrt(2 / np.prod(shape[1:]))
    return np.asarray(
        (1 + 0.2 * source.standard_normal(shape)) if index == 0 else 0.1 * source.standard_normal(shape)
    )


@torch.no_grad()
def draw_params(net: Net, recorded: Recorded) -> None:
    """Set all params; with the recording's ``gain`` of blobs 0 and ``add`` to blobs 1."""
    for layer, blobs in net.params.items():
        kind = net.layer(layer).type_name
        for index, blob in enumerate(blobs):
            values = drawn(kind, layer, index, tuple(blob.shape)).astype("f4")
            if index == 0:
                values = values * recorded.get(f"gain/{layer}", np.float32(1)).astype("f4")
            elif index == 1:
                values = values + recorded.get(f"add/{layer}", np.float32(0)).astype("f4")
            blob.copy_(torch.from_numpy(np.asarray(values)))


def inputs_of(net: Net, recorded: Recorded) -> dict[str, torch.Tensor]:
    """The inputs: the recorded ones; regions of interest by their own rule; the others drawn."""
    found = {}
    for name, shape in net.graph.input_shapes().items():
        given = recorded.get(f"in/{name}")
        if given is not None:
            values = given.copy()
        elif name == "rois":
            values = np.stack(
                [np.array([0, 10 + 9 * i, 12 + 7 * i, 90 + 13 * i, 110 + 11 * i]) for i in range(shape[0])]
            )
            values = values.reshape(shape).astype("f4")
        else:
            values = rng("in", name).standard_normal(shape, dtype="f4")
        found[name] = torch.from_numpy(values)
    return found


def picked(values: NDArray[np.generic], *key: object) -> NDArray[np.generic]:
    """The values of a blob that are recorded."""
    return values.ravel()[rng("pick", *key).integers(0, values.size, min(200, values.size))]
