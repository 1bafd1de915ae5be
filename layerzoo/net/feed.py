"""The tensors that a forward pass starts from: tops of data layers, and inputs of a caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.graph import Graph


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


def whole_inputs(graph: Graph, inputs: Sequence[Tensor], named: Mapping[str, Tensor]) -> dict[int, Tensor]:
    """The inputs of a net by index of the blob version, checked for completeness.

    Args:
        graph: the net's graph.
        inputs: inputs by position.
        named: inputs by name.

    Raises:
        UsageError: an input is missing or unknown, or has the wrong number of axes.
    """
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
