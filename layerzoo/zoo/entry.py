"""An entry of the zoo: its manifest and files."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from layerzoo.errors import ZooError
from layerzoo.regular_file import read_bytes
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
"""The net for training and testing, with rules by phase."""
DEPLOY = "deploy.prototxt"
"""The net for deployment: inputs replace data layers, predictions replace losses."""
GENERATING = "generate.prototxt"
"""The net that generates samples: what is computed without data in the stage ``generate``."""
SOLVER = "solver.prototxt"
WEIGHTS = "weights.safetensors"
CAFFEMODEL = "weights.caffemodel"
METRICS = "metrics.jsonl"
LABELS = "labels.txt"
"""Class labels, one per line."""
INPUTS = "inputs.prototxt"
"""The data layer with what it learned from its source, by which new samples are read."""
SOURCE = "source.json"
"""The files of a config with blocks as they were written, by their paths: JSON from path to text."""
MEAN = "mean.npy"
GOLDEN = "golden.safetensors"
"""An input, and the outputs of the net for it at the time of publishing."""
CARD = "README.md"

NUMBERS = "numbers"
"""What the manifest's field ``predicts`` says of a net whose outputs are numbers, not scores of classes."""

_MAX_ORIGIN = 1 << 16
ORIGINS = ".origins"
"""Folder beside the entries with a file for each fetched entry that names its origin."""


@dataclass(frozen=True)
class Entry:
    """A published net.

    Attributes:
        name: name.
        version: number, from 1.
        path: folder.
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
        """The sha256 of its manifest, which holds the sha256 of each file."""
        return str(self.manifest["id"])

    @cached_property
    def manifest(self) -> Manifest:
        """The content of ``entry.json``.

        Raises:
            ZooError: it is missing, damaged, or belongs to another entry.
        """
        where = f"zoo entry {self.address}"
        try:
            found = parse(read_bytes(self.path / MANIFEST, MAX_MANIFEST_BYTES + 1), where)
        except OSError as error:
            raise ZooError(f"{where} is damaged: {MANIFEST}: {error.strerror or error}") from error
        if (found["name"], found["version"]) != (self.name, self.version):
            raise ZooError(f"{where} is damaged: it contains {found['name']}@{found['version']}")
        return found

    @cached_property
    def files(self) -> dict[str, FileFacts]:
        """Size and sha256 of its files, by name."""
        return files_of(self.manifest)

    @cached_property
    def origin(self) -> str:
        """Where it was fetched from; empty if it was published locally or comes with Layerzoo."""
        try:
            origin = read_bytes(self.path.parents[1] / ORIGINS / self.address, _MAX_ORIGIN)
        except OSError:
            return ""
        return origin.decode("utf-8", "replace").strip()

    def __contains__(self, file: str) -> bool:
        return file in self.files

    @property
    def size(self) -> int:
        """Total size of its files in bytes."""
        return sum(facts.size for facts in self.files.values())

    def file(self, name: str) -> Path:
        """The path of a file, after its sha256 was verified.

        Raises:
            ZooError: the file is not part of the entry, missing or damaged.
        """
        wanted = self.files.get(name)
        if wanted is None:
            raise ZooError(f"zoo entry {self.address} has no file '{name}'")
        if fault := _fault_of(self.path / name, wanted):
            raise ZooError(f"zoo entry {self.address} is damaged: '{name}' {fault}")
        return self.path / name

    def faults(self) -> list[str]:
        """All faults of its files, one line each; empty if the entry is intact."""
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
            f"'{path.name}' is not part of it" for path in self.path.iterdir() if path.name not in known
        ]
        signature = self.path / SIGNATURE
        if os.path.lexists(signature) and not stat.S_ISREG(signature.lstat().st_mode):
            faults.append(f"'{SIGNATURE}' is not a regular file")
        return faults

    def verify(self) -> None:
        """Verify the sha256 of all files.

        Raises:
            ZooError: lists all faults.
        """
        if faults := self.faults():
            raise ZooError(f"zoo entry {self.address} is damaged: {'; '.join(faults)}")


def _fault_of(path: Path, wanted: FileFacts) -> str | None:
    """The fault of a file, if any; the size is checked before the content is read."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            return "is not a regular file"
        if found.st_size != wanted.size:
            return f"has {found.st_size:,} bytes instead of {wanted.size:,}"
        return None if digest(path) == wanted.sha256 else "differs from the published file"
    except OSError as error:
        return f"can't be read: {error.strerror or error}"
