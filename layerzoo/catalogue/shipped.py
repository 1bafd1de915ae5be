"""The configs that come with Layerzoo: their names, and what the comments at their heads say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from layerzoo.home import PACKAGE

CONFIGS: Final = PACKAGE / "configs"
"""The folder of the shipped configs."""
SUFFIXES: Final = frozenset((".prototxt", ".yaml"))
"""The suffixes of configs."""
_SENTENCE: Final = re.compile(r"(?<=[.])(?<!e\.g\.)(?<!i\.e\.)(?<!al\.)\s")


def shipped_configs() -> list[str]:
    """The names of all shipped configs, such as ``configs/lenet_solver.yaml``, folder by folder."""
    files = (path.relative_to(CONFIGS) for path in CONFIGS.rglob("*") if path.suffix in SUFFIXES)
    return [f"configs/{path.as_posix()}" for path in sorted(files, key=lambda path: (path.parent, path.name))]


def head_sentence(text: str) -> str:
    """The first sentence of the comment at the head of a config; empty if there is none."""
    words = " ".join(_head(text))
    return _SENTENCE.split(words, maxsplit=1)[0].rstrip(".:")


def _head(text: str) -> Iterator[str]:
    """The lines of the first paragraph of the comment; an indented line, such as a command, ends it."""
    begun = False
    for line in text.splitlines():
        said = line.removeprefix("#")
        if said == line or not said.strip() or (begun and said.startswith("  ")):
            return
        begun = True
        yield said.strip()
