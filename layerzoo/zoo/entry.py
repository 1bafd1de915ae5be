"""One entry of the zoo."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from layerzoo.errors import ZooError
from layerzoo.zoo.manifest import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    SIGNATURE,
    FileFacts,
    Manifest,
    digest,
    files_of,
    parse,
)

NET = "net.prototxt"
"""The net as it is trained and tested, in one file by phase."""
DEPLOY = "deploy.prototxt"
"""The same net with inputs in place of its data layers and predictions in place of its losses."""
SOLVER = "solver.prototxt"
WEIGHTS = "weights.safetensors"
CAFFEMODEL = "weights.caffemodel"
METRICS = "metrics.jsonl"
LABELS = "labels.txt"
"""A class a line."""
MEAN = "mean.npy"
GOLDEN = "golden.safetensors"
"""An input and the outputs that the net gave for it when it was published."""
CARD = "README.md"

ORIGINS = ".origins"
"""Beside the entries: for each that was fetched a file that says from where."""


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

    @property
    def id(self) -> str:
        """The sha256 of its manifest, which holds those of all its files."""
        return str(self.manifest["id"])

    @cached_property
    def manifest(self) -> Manifest:
        """What ``entry.json`` says.

        Raises:
            ZooError: it is missing or damaged, or another entry's.
        """
        where = f"zoo entry {self.address}"
        try:
            with (self.path / MANIFEST).open("rb") as file:
                found = parse(file.read(MAX_MANIFEST_BYTES + 1), where)
        except OSError as error:
            raise ZooError(f"{where} is damaged: {MANIFEST}: {error.strerror or error}") from error
        if (found["name"], found["version"]) != (self.name, self.version):
            raise ZooError(f"{where} is damaged: it holds {found['name']}@{found['version']}")
        return found

    @cached_property
    def files(self) -> dict[str, FileFacts]:
        """What it holds, by file name."""
        return files_of(self.manifest)

    @cached_property
    def origin(self) -> str:
        """Where it was fetched from; empty for what was made on this machine or comes with Layerzoo."""
        try:
            return (self.path.parents[1] / ORIGINS / self.address).read_text("utf-8").strip()
        except OSError:
            return ""

    def __contains__(self, file: str) -> bool:
        return file in self.files

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(facts.size for facts in self.files.values())

    def file(self, name: str) -> Path:
        """The path of one of its files, after a check of its sha256.

        Raises:
            ZooError: it is not in the entry, missing, or not what was published.
        """
        wanted = self.files.get(name)
        if wanted is None:
            raise ZooError(f"zoo entry {self.address} has no file '{name}'")
        if fault := _fault_of(self.path / name, wanted):
            raise ZooError(f"zoo entry {self.address} is damaged: '{name}' {fault}")
        return self.path / name

    def faults(self) -> list[str]:
        """All that is wrong with it: a line each; none if it is what was published."""
        try:
            known = {*self.files, MANIFEST, SIGNATURE}
        except ZooError as error:
            return [str(error)]
        faults = [
            f"'{name}' {fault}"
            for name, facts in self.files.items()
            if (fault := _fault_of(self.path / name, facts))
        ]
        faults += [
            f"'{path.name}' does not belong to it" for path in self.path.iterdir() if path.name not in known
        ]
        return faults

    def verify(self) -> None:
        """Check every byte of it.

        Raises:
            ZooError: with all that is wrong.
        """
        if faults := self.faults():
            raise ZooError(f"zoo entry {self.address} is damaged: {'; '.join(faults)}")


def _fault_of(path: Path, wanted: FileFacts) -> str | None:
    """What is wrong with a file; the size comes first, so that a grown file costs nothing to refuse."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            return "is no plain file"
        if found.st_size != wanted.size:
            return f"has {found.st_size:,} bytes, not {wanted.size:,}"
        return None if digest(path) == wanted.sha256 else "is not what was published"
    except OSError as error:
        return f"can't be read: {error.strerror or error}"
