"""Give each layer of a net a name of its own, and warn of layers that can be mistaken for each other."""

from __future__ import annotations

from collections.abc import Collection

from layerzoo.errors import Fault
from layerzoo.graph.model import Graph, GraphLayer


def number_names(graph: Graph, reserved: Collection[str]) -> None:
    """Rename layers that have the name of another layer to ``name#2``, ``name#3`` and so on.

    Layers with params are numbered first, so that these numbers are those of weights files. The config's
    name stays in ``GraphLayer.config_name``.

    Args:
        graph: a complete graph; warnings about such layers are added to it.
        reserved: names of the config's layers, which a numbered name never equals.
    """
    alike: dict[str, list[GraphLayer]] = {}
    for layer in graph.layers:
        alike.setdefault(layer.name, []).append(layer)
    taken = {*alike, *reserved}
    for name, layers in alike.items():
        for number, layer in enumerate(sorted(layers, key=lambda layer: not layer.params)):
            if number:
                layer.name = _free(name, number + 1, taken)
                taken.add(layer.name)
    _warn_of_equal_names(graph)


def _free(name: str, number: int, taken: Collection[str]) -> str:
    mark = "#"
    while f"{name}{mark}{number}" in taken:
        mark += "#"
    return f"{name}{mark}{number}"


def _warn_of_equal_names(graph: Graph) -> None:
    """Warn at each layer that has the name of an earlier one, if both have params of their own."""
    first: dict[str, GraphLayer] = {}
    seen: set[int] = set()
    for layer in graph.layers:
        if seen.issuperset(layer.params):  # it has none, or shares those of earlier layers
            continue
        seen.update(layer.params)
        before = first.setdefault(layer.config_name, layer)
        if before is layer:
            continue
        place = before.origin("name")
        what = f"the name '{layer.config_name}'" if layer.config_name else "no name"
        message = (
            f"this layer and {f'the one at {place}' if place else f'layer {before.index}'} have {what} and "
            "params of their own; their weights are matched in order, while Caffe loads all into the first"
        )
        hint = f"give each a name; in messages this one is '{layer.name}'"
        graph.warnings.append(Fault(message, layer.origin("name"), hint))
