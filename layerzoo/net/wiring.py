"""Build the graph of a net's config, with the registered layer types."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from layerzoo.errors import ConfigError, Fault, in_text_order
from layerzoo.graph import Graph, Unknown, build_graph
from layerzoo.layer import LAYERS
from layerzoo.loader import Document, load_net
from layerzoo.loader.files import PACKAGE
from layerzoo.nodes import Node
from layerzoo.schema import TRAIN, NetParameter, NetState

log = logging.getLogger("layerzoo")

NetConfig = str | Path | NetParameter | Document[NetParameter]
"""A net's config: a file, a message, or a loaded document."""
Resolve = Callable[[str], str]
"""Turns a path of a config into one that can be opened."""


def graph_of(
    source: NetConfig,
    state: NetState,
    unknown: Unknown = "error",
    faults: Sequence[Fault] = (),
    unshaped: Collection[int] = (),
) -> Graph:
    """The graph of a net in a state.

    Args:
        source: the config.
        state: phase, level and stages.
        unknown: handling of layers that can't be built; with ``error`` unknown fields are faults too.
        faults: faults of loading the document; they are raised together with those of the graph.
        unshaped: indices of layers of a document whose shapes are unknown.

    Raises:
        ConfigError: with every fault, of the text and of the wiring, in the order of the text.
    """
    if isinstance(source, NetParameter):
        graph = build_graph(source, state, LAYERS, unknown=unknown)
        graph.training = partial(graph_of, source, _in_training(state), unknown)
        return graph
    found = list(faults)
    lenient = unknown != "error"  # a layer of unknown type has fields that are unknown too
    document = source if isinstance(source, Document) else load_net(source, lenient=lenient, faults=found)
    resolve = path_resolver(document.path.parent if document.path else None)
    try:
        graph = build_graph(
            document.message,
            state,
            LAYERS,
            root=document.root,
            resolve=resolve,
            unknown=unknown,
            broken=_broken(found, document.root) | set(unshaped),
        )
    except ConfigError as error:
        found += error.faults
    else:
        graph.warnings[:0] = document.warnings
        graph.training = partial(graph_of, document, _in_training(state), unknown)
    if found:
        raise ConfigError(in_text_order(found))
    return graph


def _in_training(state: NetState) -> NetState:
    return NetState(phase=TRAIN, level=state.level, stage=state.stage)


def log_unread(graph: Graph) -> None:
    """Log a warning for each field that no layer of a graph reads."""
    for warning in graph.unread:
        log.warning("%s", warning)


def _broken(faults: Sequence[Fault], root: Node) -> set[int]:
    """Indices of the layers whose text contains the faults; of a block, in each of its uses."""
    layers: dict[int, dict[int, set[int]]] = {}
    for index, layer in enumerate(root.all("layer")):
        layers.setdefault(id(layer.source), {}).setdefault(layer.offset, set()).add(index)
    starts = {source: sorted(offsets) for source, offsets in layers.items()}
    broken: set[int] = set()
    for origin in (fault.origin for fault in faults):
        offsets = starts.get(id(origin.source), []) if origin is not None else []
        place = bisect_right(offsets, origin.offset) - 1 if origin is not None else -1
        if origin is not None and place >= 0:
            broken |= layers[id(origin.source)][offsets[place]]
    return broken


def path_resolver(folder: Path | None) -> Resolve:
    """A function that resolves paths in a config: its own folder, the working folder, the shipped configs."""

    def resolve(path: str) -> str:
        if folder is not None and exists(folder / path):
            return str(folder / path)
        shipped = PACKAGE / "configs" / path
        return str(shipped) if not exists(Path(path)) and exists(shipped) else path

    return resolve


def exists(path: Path) -> bool:
    """Whether a path exists; one that is too long does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
