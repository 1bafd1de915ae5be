"""The facts of registered classes and functions, taken from the classes themselves; imports torch."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from layerzoo.catalogue.examples import example_text
from layerzoo.catalogue.facts import EXAMPLES, Facts
from layerzoo.data.dataset import DATASETS
from layerzoo.data.drawn_task import TASKS
from layerzoo.filler import FILLERS
from layerzoo.home import PACKAGE
from layerzoo.layer import LAYERS, Arity, Layer
from layerzoo.lr_policy import POLICIES
from layerzoo.optimizer import RULES

_REGISTRIES: Final[Mapping[str, Any]] = {
    "layers": LAYERS,
    "solvers": RULES,
    "policies": POLICIES,
    "fillers": FILLERS,
    "datasets": DATASETS,
    "tasks": TASKS,
}


class Registered:
    """The names of a registry.

    Args:
        kind: ``layers``, ``solvers``, ``policies``, ``fillers``, ``datasets`` or ``tasks``.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._registry = _REGISTRIES[kind]

    def names(self) -> Iterable[str]:
        """All names in order; imports every module of the kind."""
        return sorted(self._registry)

    def facts(self, name: str) -> Facts | None:
        """The facts of a name; None if it is unknown."""
        if name not in self._registry:
            return None
        thing = self._registry[name]
        doc, code = inspect.getdoc(thing) or "", source_file(thing)
        if self._kind == "tasks":
            doc = thing.described()
        if self._kind != "layers":
            return Facts(doc, code)
        messages = dict.fromkeys((*thing.messages, *(["loss_param"] if thing.is_loss else [])))
        return Facts(doc, code, thing.family, tuple(_rows(thing)), tuple(messages))

    def example(self, name: str) -> str:
        """An example of a name in a config, as prototxt."""
        if self._kind == "layers":
            return example_text(name).rstrip()
        return EXAMPLES[self._kind].format(name)


def _rows(kind: type[Layer]) -> list[tuple[str, str]]:
    tops = "as many as bottoms" if kind.as_many_tops else _arity(kind.tops)
    rows = [("bottoms", _arity(kind.bottoms)), ("tops", tops)]
    if kind.param_names:
        rows.append(("params", ", ".join(kind.param_names)))
    rows.append(("in place", "yes" if kind.may_be_in_place else "no"))
    rows += [(what, ", ".join(names)) for what, names in kind.choices().items()]
    return rows


def _arity(arity: Arity) -> str:
    if arity.max is None:
        return f"{arity.min} or more" if arity.min else "any number"
    if arity.min == arity.max:
        return str(arity.min) if arity.min else "none"
    return f"{arity.min} to {arity.max}"


def source_file(thing: object) -> str:
    """Path of the source file of a class or function; relative to the package's parent folder if inside."""
    path = Path(inspect.getsourcefile(thing) or "")  # type: ignore[arg-type]  # any class or function
    return str(path.relative_to(PACKAGE.parent)) if path.is_relative_to(PACKAGE.parent) else str(path)
