"""What `list` and `explain` show of a registered name, and where they take it from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol


class Facts(NamedTuple):
    """What a class or function says of itself.

    Attributes:
        doc: its docstring, without indentation.
        code: its source file; relative to the folder of the package if it is part of it.
        family: of a layer type, e.g. ``vision``.
        rows: of a layer type, labels and values: bottoms, tops, params, in place.
        messages: of a layer type, the fields of LayerParameter that it reads.
    """

    doc: str
    code: str
    family: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    messages: tuple[str, ...] = ()


class Known(Protocol):
    """The names of one kind."""

    def names(self) -> Iterable[str]:
        """All names in order."""

    def facts(self, name: str) -> Facts | None:
        """The facts of a name; None if it is unknown."""

    def example(self, name: str) -> str:
        """An example of a name in a config, as prototxt."""


EXAMPLES: Final = {
    "solvers": 'type: "{}"',
    "policies": 'lr_policy: "{}"',
    "fillers": 'weight_filler {{ type: "{}" }}',
    "datasets": 'dataset_param {{ name: "{}" }}',
    "tasks": 'drawn_data_param {{ task: "{}" }}',
}
"""The examples of all kinds but layers, for `str.format` with the name."""
