"""What the data layers of a graph say of their sources: the names of the classes, and of the set itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from layerzoo.data.data_layer import DataLayer
from layerzoo.errors import DataError, LayerFault
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter, part_of

log = logging.getLogger("layerzoo")

MAX_CLASSES: Final = 100_000
"""Names of more classes than these are not recorded."""


def class_names(graph: Graph) -> list[str]:
    """The names of the classes that a net tells apart, from its data layers; empty if none has names.

    A source that can't be read gives no names; whoever reads its samples reports that.
    """
    for kind, layer in _data_layers(graph):
        try:
            names = kind.class_names(layer.param)
        except (LayerFault, DataError, OSError):
            continue
        if names and len(names) <= MAX_CLASSES:
            return [" ".join(name.split()) for name in names]  # a name is a line of labels.txt
    return []


def set_name(graph: Graph) -> str:
    """A short name of the set that a net reads, such as ``digits (test)``; empty if it reads none."""
    return next((_set_name(kind, layer.param) for kind, layer in _data_layers(graph)), "")


def _set_name(kind: type[DataLayer], param: LayerParameter) -> str:
    if kind.named_set(param) is not None:
        return f"{param.dataset_param.name} ({param.dataset_param.split})"
    path = kind.path_fields[0] if kind.path_fields else ""
    message, field = part_of(param, path.partition(".")[0]) if path else None, path.rpartition(".")[2]
    source = Path(str(getattr(message, field, ""))).name
    reading = part_of(param, "reading_param")
    if reading is None or not reading.HasField("split"):
        return source
    split = reading.DESCRIPTOR.fields_by_name["split"].enum_type.values_by_number[reading.split].name
    return f"{source} ({split.lower()})"


def _data_layers(graph: Graph) -> Iterator[tuple[type[DataLayer], GraphLayer]]:
    for layer in graph.layers:
        kind = LAYERS[layer.kind.type_name]
        if issubclass(kind, DataLayer):
            yield kind, layer
