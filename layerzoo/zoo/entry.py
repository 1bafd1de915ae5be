"""One entry of the zoo."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from layerzoo.errors import ZooError

MANIFEST = "entry.json"
NET = "net.prototxt"
SOLVER = "solver.prototxt"
WEIGHTS = "weights.safetensors"
METRICS = "metrics.jsonl"
CARD = "README.md"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Entry:
    """A published net.

    Attributes:
        name: of the entry.
        version: counts from 1.
        path: its folder.
    """

    name: str
    version: int
    path: Path

    @property
    def address(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What ``entry.json`` says: files with their sha256, results, when and by which version it was made.

        Raises:
            ZooError: it is missing or damaged.
        """
        try:
            found = json.loads((self.path / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ZooError(f"zoo entry {self.address} is damaged: {MANIFEST}: {error}") from error
        if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
            raise ZooError(f"zoo entry {self.address} is damaged: {MANIFEST} names no files")
        return found

    def file(self, name: str) -> Path:
        """The path of one of its files, after a check of its sha256.

        Raises:
            ZooError: it is not in the entry, missing, or not what was published.
        """
        path = self.path / name
        wanted = self.manifest["files"].get(name)
        if wanted is None or not path.is_file():
            raise ZooError(f"zoo entry {self.address} has no file '{name}'")
        if digest(path) != wanted:
            raise ZooError(f"zoo entry {self.address} is damaged: '{name}' is not what was published")
        return path


def check_name(name: str) -> str:
    """A name that an entry may have.

    Raises:
        ZooError: it has other characters than letters, digits, ``.``, ``_`` and ``-``, or is too long.
    """
    if not _NAME.fullmatch(name):
        raise ZooError(
            f"'{name}' can't name a zoo entry: use up to 100 letters, digits, '.', '_' and '-', "
            "beginning with a letter or digit"
        )
    return name


def digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    hashed = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()
