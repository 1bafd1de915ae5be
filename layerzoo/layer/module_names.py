"""Names of modules for the layers of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from keyword import kwlist
from typing import TypeVar

from torch import nn

from layerzoo.graph import Graph

T = TypeVar("T")


def module_names(graph: Graph, layers: Sequence[T]) -> dict[str, T]:
    """Module names for layers: their own, changed if they are not unique or not allowed by torch or Python.

    A Python keyword would be a syntax error in the code that ``torch.export`` generates.
    """
    taken = {*dir(nn.ModuleDict), *kwlist, "bind", "put", "locked"}
    named: dict[str, T] = {}
    for spec, layer in zip(graph.layers, layers, strict=True):
        name = spec.name.replace(".", "_")
        if name in taken or name in named:
            name = f"{name}_{spec.index}"
        named[name] = layer
    return named
