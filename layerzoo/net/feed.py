"""The tensors that a forward pass starts from: tops of data layers, and inputs of a caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.graph import Graph, axes_of


@dataclass(frozen=True)
class Feed:
    """The tensors that a forward pass starts from.

    ``net.run`` does not change a feed, so one that is kept can be run again without reading data.

    Attributes:
        blobs: tensors on the net's device, by index of the blob version (``graph.blobs``).
        batch: number of the pass (``clock.batch``) that they were fetched for.
        number: the same as a tensor on the device, shape (), int64; it determines the random numbers of the
            pass. None in a net without random layers, or if ``clock.batch`` is used.
    """

    blobs: Mapping[int, Tensor] = field(default_factory=dict)
    batch: int = 0
    number: Tensor | None = None

    def __or__(self, others: Mapping[int, Tensor]) -> Feed:
        """This feed with further blobs."""
        return Feed({**self.blobs, **others}, self.batch, self.number)


def in_type(blobs: dict[int, Tensor], dtype: torch.dtype) -> dict[int, Tensor]:
    """Blobs in the type of a net; integers and truth values stay, and so does all of a net in 32 bits."""
    if dtype == torch.float32:
        return blobs
    return {index: blob.to(dtype) if blob.is_floating_point() else blob for index, blob in blobs.items()}


def whole_inputs(graph: Graph, inputs: Sequence[Tensor], named: Mapping[str, Tensor]) -> dict[int, Tensor]:
    """The inputs of a net by index of the blob version, checked for completeness.

    Args:
        graph: the net's graph.
        inputs: inputs by position.
        named: inputs by name.

    Raises:
        UsageError: an input is missing or unknown, or has the wrong number of axes or size of an axis.
    """
    found = _whole(graph, inputs, named)
    if graph.input_axes:
        _check_axes(graph, found)
    return found


def _whole(graph: Graph, inputs: Sequence[Tensor], named: Mapping[str, Tensor]) -> dict[int, Tensor]:
    wanted = graph.inputs
    if not inputs and len(named) == len(wanted):  # as a rule
        found = {blob.index: named[blob.name] for blob in wanted if blob.name in named}
        if len(found) == len(wanted) and all(
            blob.shape is None or named[blob.name].dim() == len(blob.shape) for blob in wanted
        ):
            return found
    names = [blob.name for blob in wanted]
    given = {**dict(zip(names, inputs, strict=False)), **named}
    if len(inputs) > len(names) or given.keys() != set(names):
        got = ", ".join(given) or "none"
        if len(inputs) > len(names):
            got = f"{len(inputs)} of them"
        raise UsageError(f"net '{graph.name}' takes the inputs {', '.join(names) or 'none'}; got {got}")
    for blob in wanted:
        shape = tuple(given[blob.name].shape)
        if blob.shape is not None and len(shape) != len(blob.shape):
            raise UsageError(f"input '{blob.name}' has {len(shape)} axes {shape}; the net takes {blob.shape}")
    return {blob.index: given[blob.name] for blob in wanted}


def _check_axes(graph: Graph, found: Mapping[int, Tensor]) -> None:
    """Check the inputs that have axes that vary: the others have their size, those of one name the same.

    Raises:
        UsageError: one has another size.
    """
    sizes: dict[str, tuple[int, str]] = {}
    for index, axes in graph.input_axes.items():
        blob, shape = graph.blobs[index], found[index].shape
        for place, (name, declared) in enumerate(zip(axes, blob.shape or (), strict=True)):
            if not name and shape[place] != declared:
                takes = ", ".join(axes_of(graph, index))
                received = f"axis {place} of input '{blob.name}' has the size {shape[place]}"
                raise UsageError(f"{received}; the net takes ({takes})")
            before, other = sizes.setdefault(name, (shape[place], blob.name))
            if name and before != shape[place]:
                raise UsageError(
                    f"axis {name} has the size {before} in input '{other}' and {shape[place]} in "
                    f"'{blob.name}'"
                )
