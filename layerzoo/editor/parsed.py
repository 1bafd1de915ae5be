"""A config as it stands in an editor: the text, its node tree, and what a node is in the schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import ConfigError, Fault
from layerzoo.loader.files import format_of
from layerzoo.loader.read_tree import read_tree
from layerzoo.nodes import Node
from layerzoo.schema import Field, NetParameter, SolverParameter, fields
from layerzoo.source import Source

_OF_NETS: Final = frozenset({*fields(NetParameter), "layers"} - fields(SolverParameter).keys())
_OF_SOLVERS: Final = frozenset(fields(SolverParameter).keys() - fields(NetParameter).keys())


@dataclass(frozen=True)
class Parsed:
    """A text and its tree.

    Attributes:
        source: the text.
        root: its tree, as far as it could be read; not upgraded.
        faults: its syntax faults.
        path: the file; None for a text without one.
    """

    source: Source
    root: Node
    faults: list[Fault]
    path: Path | None

    @property
    def is_solver(self) -> bool:
        """Whether it is a solver rather than a net, by the names of its fields."""
        keys = {child.key for child in self.root.children or ()}
        return len(keys & _OF_SOLVERS) > len(keys & _OF_NETS)

    @property
    def message(self) -> Any:
        """The message of the whole config."""
        return SolverParameter if self.is_solver else NetParameter

    def paths(self) -> Iterator[tuple[Node, ...]]:
        """Every node with the messages around it, outermost first; the node itself is last."""
        stack: list[tuple[Node, ...]] = [(child,) for child in reversed(self.root.children or [])]
        while stack:
            path = stack.pop()
            yield path
            stack += [(*path, child) for child in reversed(path[-1].children or [])]

    def field(self, path: tuple[Node, ...]) -> Field | None:
        """The field of the schema that the last node of a path gives; None if there is none."""
        message, field = self.message, None
        for node in path:
            field = fields(message).get(node.key) if message is not None else None
            message = field.message if field is not None else None
        return field


def parse(text: str, path: Path | None = None, name: str | None = None) -> Parsed:
    """Parse a text, as far as it can be.

    Args:
        text: the text.
        path: its file, whose suffix says the format.
        name: its name in faults; default: the path.
    """
    source = Source(
        name or str(path or "<text>"), text.removeprefix("\ufeff"), format_of(path, text) == "yaml"
    )
    faults: list[Fault] = []
    try:
        root = read_tree(source, None, path, faults)
    except ConfigError as error:
        root, faults = Node("", None, [], source), error.faults
    return Parsed(source, root, faults, path)
