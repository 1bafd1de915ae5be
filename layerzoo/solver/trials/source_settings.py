"""Settings (``-set``) that change how a training net reads: data processes, the share of a batch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from layerzoo.data import DataLayer
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.loader import Document
from layerzoo.schema import SolverParameter

_SELECTABLE: Final = re.compile(r"[^\[\],=\s]+")
_TRAINING_NETS: Final = ("net_param", "train_net_param", "train_net", "net")


class NotPossibleError(Exception):
    """The data layers can't be changed so; the message says why."""


class SourceSettings:
    """Makes settings for the data layers of a solver's training net.

    Args:
        document: the solver.
        graph: its training net.

    Attributes:
        layers: the layers that read a source, whose samples are distributed over processes.
    """

    def __init__(self, document: Document[SolverParameter], graph: Graph) -> None:
        self._net = next((key for key in _TRAINING_NETS if document.nets.get(key)), "net")
        self.layers = [spec for spec in graph.layers if _reads(spec)]

    def own_workers(self) -> int:
        """The largest number of data processes that the config gives; 0 if it leaves the choice."""
        return max((spec.param.reading_param.workers for spec in self.layers), default=0)

    def workers(self, count: int) -> list[str]:
        """Let each layer read in so many processes.

        Raises:
            NotPossibleError: no layer can.
        """
        if not self.layers:
            raise NotPossibleError("no layer reads a source")
        return [f"{self._path(spec)}.reading_param.workers={count}" for spec in self.layers]

    def shares(self, processes: int) -> list[str]:
        """Give each of several processes its share of a batch.

        Raises:
            NotPossibleError: a batch can't be divided evenly, or has no ``batch_size``.
        """
        if not self.layers:
            raise NotPossibleError("no layer reads a source")
        return [setting for spec in self.layers for setting in self._share(spec, processes)]

    def _share(self, spec: GraphLayer, processes: int) -> Iterator[str]:
        cls = LAYERS[spec.kind.type_name]
        assert issubclass(cls, DataLayer)
        size = cls.reading(spec.param).batch_size
        for message in cls.messages:
            part = getattr(spec.param, message)
            if "batch_size" in part.DESCRIPTOR.fields_by_name and part.batch_size == size:
                if size % processes:
                    raise NotPossibleError(
                        f"the batch of {size} of layer '{spec.name}' can't be divided by {processes}"
                    )
                yield f"{self._path(spec)}.{message}.batch_size={size // processes}"
                return
        raise NotPossibleError(f"layer '{spec.name}' has no batch_size")

    def _path(self, spec: GraphLayer) -> str:
        name = spec.config_name
        if not _SELECTABLE.fullmatch(name):
            raise NotPossibleError(f"-set can't name the layer '{spec.name}'")
        return f"{self._net}.layer[{name},TRAIN]"


def _reads(spec: GraphLayer) -> bool:
    """Whether a layer reads a source that is distributed over the processes."""
    cls = LAYERS[spec.kind.type_name]
    return issubclass(cls, DataLayer) and cls.distributed and "workers" not in cls.without_switches
