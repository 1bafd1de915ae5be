"""What a net is evaluated at: values from a file, samples of its data, or random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from layerzoo.data.npy import read_npy
from layerzoo.errors import DataError, UsageError
from layerzoo.graph import Graph, GraphLayer
from layerzoo.net import Net
from layerzoo.regular_file import check_regular

SUFFIXES = (".npy", ".safetensors")
"""The suffixes of files of arrays."""


def default_blobs(graph: Graph) -> tuple[str, str]:
    """The blob that the first loss compares, or the first output, and the first blob that isn't computed.

    Raises:
        UsageError: the net has no such blobs.
    """
    of = next((graph.layers[graph.blobs[index].producer].bottoms[:1] for index, _ in graph.losses), ())
    computed = [graph.blobs[index].name for index in of] or [blob.name for blob in graph.outputs]
    given = [graph.blobs[top].name for spec in graph.layers if _gives(spec) for top in spec.tops]
    if not computed or not given:
        raise UsageError(f"net '{graph.name}' has no inputs or no outputs; choose blobs by -of and -wrt")
    return computed[0], given[0]


def read_inputs(path: Path, name: str) -> dict[str, Tensor]:
    """Arrays of numbers by name of the blob, as 32-bit numbers.

    Args:
        path: ``.npy``, an array for one blob; or ``.safetensors``, one for each blob by its name.
        name: the blob of a ``.npy``.

    Raises:
        DataError: the file can't be read.
        UsageError: its suffix is another.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: expected a file of arrays, {' or '.join(SUFFIXES)}")
    try:
        if path.suffix.lower() == ".npy":
            return {name: torch.from_numpy(read_npy(path).astype("float32"))}
        check_regular(path)
        return {key: value.float() for key, value in load_file(path).items()}
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror or error}") from None
    except SafetensorError as error:
        raise DataError(f"{path}: safetensors can't be read: {error}") from None


def first_samples(net: Net, outputs: list[str], count: int) -> dict[str, Tensor]:
    """What the data layers that some blobs depend on give for the first batch.

    Args:
        net: the net.
        outputs: names of the blobs.
        count: samples to take; 0 takes the batch. They lie along the axis that ``batch_size`` sets: the
            second one in nets whose first axis is time.
    """
    return _first(net.graph, net.functional(outputs)[1].read(), count)


def random_inputs(
    net: Net, outputs: list[str], count: int, seed: int, given: Mapping[str, Tensor], data: bool = True
) -> dict[str, Tensor]:
    """Standard normal numbers for a net's inputs, and for the first top of each data layer.

    An axis of any size has the size that the net is checked with.

    Args:
        net: the net.
        outputs, count: as for `first_samples`.
        seed: seed of the numbers.
        given: what the data layers give, which is kept for the other tops.
        data: draw the first tops of data layers too.

    Raises:
        UsageError: the shape of an input is unknown.
    """
    graph = net.graph
    wanted = {blob.name for blob in graph.inputs}
    if data:
        wanted |= {graph.blobs[spec.tops[0]].name for spec in graph.layers if spec.tops and _gives(spec)}
    generator = torch.Generator().manual_seed(seed)
    drawn = {}
    for name, declared in net.functional(outputs)[1].inputs.items():
        if name not in wanted:
            continue
        shape = tuple(given[name].shape) if name in given else declared
        if shape is None:
            raise UsageError(f"the shape of input '{name}' is unknown; name a file of its values")
        drawn[name] = torch.randn(shape, generator=generator).to(net.device)
    return {**given, **_first(graph, drawn, count)}


def _gives(spec: GraphLayer) -> bool:
    return spec.kind.is_input or spec.kind.is_data


def _first(graph: Graph, values: Mapping[str, Tensor], count: int) -> dict[str, Tensor]:
    """The first samples of the tops of data layers and of inputs."""
    axes = {
        graph.blobs[top].name: axis
        for spec in graph.layers
        if spec.kind.is_data
        for top, axis in zip(spec.tops, _sample_axes(spec, graph), strict=True)
    }
    return {
        name: value.narrow(axis, 0, min(count, value.shape[axis]))
        if count and value.dim() > (axis := axes.get(name, 0))
        else value
        for name, value in values.items()
    }


def _sample_axes(spec: GraphLayer, graph: Graph) -> list[int]:
    """The axis of samples of each top of a data layer: the one that another batch size makes longer."""
    built = [graph.blobs[top].shape or () for top in spec.tops]
    param = deepcopy(spec.param)
    sized = [own for name in spec.kind.messages if hasattr(own := getattr(param, name), "batch_size")]
    for own in sized:
        own.batch_size += 1
    made = spec.kind.top_shapes(param, []) if sized else built
    pairs = [zip(one, other, strict=False) for one, other in zip(built, made, strict=True)]
    return [next((axis for axis, (n, m) in enumerate(pair) if n != m), 0) for pair in pairs]
