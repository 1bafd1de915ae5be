"""List the names that configs can use, with one line each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerzoo.data.dataset import DATASETS
from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.filler import FILLERS
from layerzoo.layer import LAYERS
from layerzoo.loader.files import PACKAGE
from layerzoo.lr_policy import POLICIES
from layerzoo.optimizer import RULES

_SOURCE: Final = re.compile(r"Source:\s+Caffe's\s")
_FAMILIES: Final = (
    "data",
    "vision",
    "recurrent",
    "common",
    "normalisation",
    "activation",
    "utility",
    "loss",
)


@dataclass(frozen=True)
class Entry:
    """An entry of a list.

    Attributes:
        name: its name in configs.
        line: its description, one sentence.
        family: heading to group it under; empty in lists without headings.
        origin: ``BVLC`` if Caffe has it, otherwise ``own``.
    """

    name: str
    line: str
    family: str = ""
    origin: str = ""


def listing(kind: str) -> list[Entry]:
    """List all entries of a kind, sorted by family and name.

    Raises:
        UsageError: the kind is unknown.
    """
    if kind not in KINDS:
        hint = did_you_mean(nearest(kind, KINDS)) or f"expected one of {', '.join(KINDS)}"
        raise UsageError(f"unknown list '{kind}'; {hint}")
    return list(KINDS[kind]())


def first_sentence(doc: str | None) -> str:
    """The first sentence of a docstring, without markup."""
    paragraph = " ".join((doc or "").strip().split("\n\n")[0].split())
    sentence = re.split(r"(?<=[^.]\.)\s", paragraph, maxsplit=1)[0]
    return sentence.replace("``", "").replace("`", "").rstrip(".")


def origin(doc: str | None) -> str:
    """The origin of a class or function, by the source that its docstring names."""
    return "BVLC" if _SOURCE.search(doc or "") else "own"


def _layers() -> Iterator[Entry]:
    entries = (
        Entry(name, first_sentence(cls.__doc__), cls.family, origin(cls.__doc__))
        for name, cls in ((name, LAYERS[name]) for name in LAYERS)
    )
    last = len(_FAMILIES)
    order = {family: place for place, family in enumerate(_FAMILIES)}
    yield from sorted(entries, key=lambda e: (order.get(e.family, last), e.family, e.name.lower()))


def _solvers() -> Iterator[Entry]:
    yield from (Entry(n, first_sentence(RULES[n].__doc__), "", origin(RULES[n].__doc__)) for n in RULES)


def _policies() -> Iterator[Entry]:
    for name in POLICIES:
        doc = POLICIES[name].__doc__
        yield Entry(name, first_sentence(doc), "", origin(doc))


def _fillers() -> Iterator[Entry]:
    yield from (Entry(name, first_sentence(function.__doc__)) for name, function in sorted(FILLERS.items()))


def _datasets() -> Iterator[Entry]:
    yield from (Entry(name, first_sentence(DATASETS[name].__doc__)) for name in DATASETS)


def _configs() -> Iterator[Entry]:
    files = (path for path in (PACKAGE / "configs").iterdir() if path.suffix in {".prototxt", ".yaml"})
    for path in sorted(files):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        yield Entry(f"configs/{path.name}", first.lstrip("# ") if first.startswith("#") else "")


KINDS: Final[dict[str, Callable[[], Iterator[Entry]]]] = {
    "layers": _layers,
    "solvers": _solvers,
    "policies": _policies,
    "fillers": _fillers,
    "datasets": _datasets,
    "configs": _configs,
}
"""The functions that list entries, by kind."""


def source_file(thing: object) -> str:
    """Path of the source file of a class or function; relative to the package's parent folder if inside."""
    import inspect

    path = Path(inspect.getsourcefile(thing) or "")  # type: ignore[arg-type]  # any class or function
    return str(path.relative_to(PACKAGE.parent)) if path.is_relative_to(PACKAGE.parent) else str(path)
