"""List the names that configs can use, with one line each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from layerzoo.catalogue.known import known
from layerzoo.catalogue.shipped import head_sentence, shipped_configs
from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.home import PACKAGE

_SOURCE: Final = re.compile(r"Source:\s+(.+?)\.?\s*(?:\n\s*\n|\Z)", re.DOTALL)
_SENTENCE: Final = re.compile(r"(?<!e\.g\.)(?<!i\.e\.)(?<=[^.]\.)\s")
_FAMILIES: Final = (
    "data",
    "vision",
    "recurrent",
    "common",
    "normalisation",
    "activation",
    "utility",
    "detection",
    "loss",
)


@dataclass(frozen=True)
class Entry:
    """An entry of a list.

    Attributes:
        name: its name in configs.
        line: its description, one sentence.
        family: heading to group it under; empty in lists without headings.
        origin: ``BVLC`` if Caffe has it, ``fork`` if forks of Caffe do, otherwise ``own``.
        source: of what a fork has: the fork and the paper.
    """

    name: str
    line: str
    family: str = ""
    origin: str = ""
    source: str = ""


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
    sentence = _SENTENCE.split(paragraph, maxsplit=1)[0]
    return sentence.replace("``", "").replace("`", "").rstrip(".")


def origin(doc: str | None, is_layer: bool = True) -> str:
    """The origin of a class or function, by the source that its docstring names.

    Args:
        doc: its docstring.
        is_layer: it is a layer type, whose source is Caffe, a fork, or ours.
    """
    source = source_of(doc)
    if source.startswith("Caffe's "):
        return "BVLC"
    own = not source or source.startswith(("ours", "Layerzoo's own"))
    return "fork" if is_layer and not own else "own"


def source_of(doc: str | None) -> str:
    """The source that a docstring names, without markup; empty if it names none."""
    named = _SOURCE.search(doc or "")
    return " ".join(named[1].replace("`", "").split()) if named else ""


def _layers() -> Iterator[Entry]:
    last = len(_FAMILIES)
    order = {family: place for place, family in enumerate(_FAMILIES)}
    entries = _entries("layers")
    yield from sorted(entries, key=lambda e: (order.get(e.family, last), e.family, e.name.lower()))


def _entries(kind: str, with_origin: bool = True) -> Iterator[Entry]:
    names = known(kind)
    for name in names.names():
        facts = names.facts(name)
        assert facts is not None
        of = origin(facts.doc, kind == "layers") if with_origin else ""
        source = source_of(facts.doc) if of == "fork" else ""
        yield Entry(name, first_sentence(facts.doc), facts.family, of, source)


def _configs() -> Iterator[Entry]:
    for name in shipped_configs():
        text = (PACKAGE / name).read_text(encoding="utf-8")
        yield Entry(name, head_sentence(text), name.rpartition("/")[0])


KINDS: Final[dict[str, Callable[[], Iterator[Entry]]]] = {
    "layers": _layers,
    "solvers": partial(_entries, "solvers"),
    "policies": partial(_entries, "policies"),
    "fillers": partial(_entries, "fillers", with_origin=False),
    "datasets": partial(_entries, "datasets", with_origin=False),
    "tasks": partial(_entries, "tasks", with_origin=False),
    "configs": _configs,
}
"""The functions that list entries, by kind."""
