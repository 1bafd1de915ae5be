"""Choose where the facts of a kind of names are taken from: the generated table, or the registry."""

from __future__ import annotations

import sys
from typing import Final

from layerzoo.catalogue.facts import Known
from layerzoo.catalogue.table import SOURCES, table_of

_REGISTRIES: Final = {
    "layers": "layerzoo.layer",
    "solvers": "layerzoo.optimizer",
    "policies": "layerzoo.lr_policy",
    "fillers": "layerzoo.filler",
    "datasets": "layerzoo.data.dataset",
    "tasks": "layerzoo.data.drawn_task",
}
"""The module that a class of the user's own imports to be registered."""


def known(kind: str) -> Known:
    """The names of a kind: layers, solvers, policies, fillers, datasets or tasks.

    The registry is used if it has been imported, since it may hold classes of the user's own, and if the
    table is older than the code; otherwise the table, for which torch needn't be imported.
    """
    if _REGISTRIES[kind] not in sys.modules:
        table = table_of(kind)
        if table is not None:
            return table
    from layerzoo.catalogue.registered import Registered  # imported here: it imports torch

    return Registered(kind)


def known_names() -> set[str]:
    """The names of all kinds."""
    return {name for kind in SOURCES for name in known(kind).names()}
