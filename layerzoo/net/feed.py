"""What a forward pass takes from outside: the tops of data layers, and inputs that a caller gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class Feed:
    """The tensors that a forward pass starts from.

    A feed that is kept can be run again without reading data: ``net.run`` changes nothing in it.

    Attributes:
        blobs: tensors on the net's device, by index of the blob version (``graph.blobs``).
        batch: number of the pass that they were fetched for (``clock.batch``).
    """

    blobs: Mapping[int, Tensor] = field(default_factory=dict)
    batch: int = 0

    def __or__(self, others: Mapping[int, Tensor]) -> Feed:
        """This feed with further blobs."""
        return Feed({**self.blobs, **others}, self.batch)
