"""Find data sets in folders, by what lies in them; no file is read as a whole."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from layerzoo.data.class_folders import PARTS, SUFFIXES

KINDS: Final = {
    "folders": "pictures in class folders",
    "lmdb": "LMDB",
    "leveldb": "LevelDB",
    "hdf5": "HDF5",
    "table": "table",
    "coco": "COCO boxes",
    "voc": "VOC boxes",
}
"""Kinds of data sets, and how pages name them."""
_DEPTH: Final = 5
_SECONDS: Final = 2.0
_ENTRIES: Final = 20_000
"""The most entries of a folder that are looked at."""
_PEEK: Final = 100
_FILES: Final = {
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".hdf": "hdf5",
    ".csv": "table",
    ".tsv": "table",
    ".tab": "table",
}
_SKIPPED: Final = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist"})
_PART_NAMES: Final = frozenset(name for names in PARTS.values() for name in names)
_COCO_KEYS: Final = (b'"images"', b'"annotations"', b'"categories"')
_END: Final = 1 << 16


@dataclass(frozen=True)
class Found:
    """A data set.

    Attributes:
        path: absolute.
        kind: one of `KINDS`.
        count: about how many samples it has; 0 if that takes reading it.
        modified: when it was last written, in seconds since 1970.
    """

    path: str
    kind: str
    count: int
    modified: float

    @property
    def title(self) -> str:
        """The last part of its path."""
        return Path(self.path).name


def kind_of(path: Path) -> str:
    """The kind of what lies at a path; empty if it seems to be no data. One class is enough here."""
    with suppress(OSError):
        if path.is_file():
            return _kind_of_file(path.name, path)
        entries = _entries(path)
        return _kind_of_folder(entries, classes=1) if entries else ""
    return ""


def find_sets(roots: Sequence[Path], skipped: Iterable[Path] = ()) -> list[Found]:
    """The sets in folders, down to some depth, in bounded time; those that were written last come first.

    Args:
        roots: the folders.
        skipped: folders that are not looked into.
    """
    own = {str(path.resolve()) for path in skipped}
    pending = deque((str(root), 0) for root in roots)
    seen: set[str] = set()
    found: list[Found] = []
    end = time.monotonic() + _SECONDS
    while pending and time.monotonic() < end:
        folder, depth = pending.popleft()
        if folder in seen or folder in own:
            continue
        seen.add(folder)
        with suppress(OSError):
            entries = _entries(Path(folder))
            kind = _kind_of_folder(entries) if depth else ""
            if kind:
                count = _count(folder) if kind == "folders" else 0
                found.append(Found(folder, kind, count, Path(folder).stat().st_mtime))
                continue
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if depth < _DEPTH and not _is_skipped(entry.name):
                        pending.append((entry.path, depth + 1))
                elif kind := _kind_of_file(entry.name, Path(entry.path)):
                    found.append(Found(entry.path, kind, 0, entry.stat().st_mtime))
    return sorted(found, key=lambda one: (-one.modified, one.path))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return [entry for entry in islice(entries, _ENTRIES) if not entry.name.startswith(".")]


def _is_skipped(name: str) -> bool:
    return name in _SKIPPED or name.endswith((".run", ".egg-info"))


def _kind_of_file(name: str, path: Path) -> str:
    suffix = Path(name).suffix.lower()
    if suffix == ".json":
        return "coco" if _is_coco(path) else ""
    return _FILES.get(suffix, "")


def _kind_of_folder(entries: Sequence[os.DirEntry[str]], classes: int = 2) -> str:
    names = {entry.name for entry in entries}
    if "data.mdb" in names:
        return "lmdb"
    if "CURRENT" in names and any(name.startswith("MANIFEST-") for name in names):
        return "leveldb"
    if "Annotations" in names and "JPEGImages" in names:
        return "voc"
    folders = [entry for entry in entries if entry.is_dir()]
    if _are_classes(folders, classes):
        return "folders"
    if len(folders) > 1 and all(folder.name.lower() in _PART_NAMES for folder in folders):
        train = [folder for folder in folders if folder.name.lower() in PARTS["train"]]
        inner = [entry for entry in _entries(Path(train[0].path)) if entry.is_dir()] if train else []
        return "folders" if _are_classes(inner, classes) else ""
    return ""


def _are_classes(folders: Sequence[os.DirEntry[str]], least: int) -> bool:
    """Whether folders hold pictures, most of them, and are not the parts of a set."""
    if len(folders) < least or all(folder.name.lower() in _PART_NAMES for folder in folders):
        return False
    looked = folders[:_PEEK]
    return 2 * sum(_has_pictures(folder.path) for folder in looked) > len(looked)


def _has_pictures(folder: str) -> bool:
    with suppress(OSError), os.scandir(folder) as entries:
        return any(_is_picture(one.name) for one in islice(entries, _PEEK))
    return False


def _is_picture(name: str) -> bool:
    return f".{name.rpartition('.')[2].lower()}" in SUFFIXES


def _count(folder: str, depth: int = 3) -> int:
    """How many pictures lie in a folder; links are not followed."""
    count = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in islice(entries, 50 * _ENTRIES):
            if _is_picture(entry.name):
                count += 1
            elif depth and entry.is_dir(follow_symlinks=False):
                count += _count(entry.path, depth - 1)
    return count


def _is_coco(path: Path) -> bool:
    """Whether the beginning and the end of a file have the keys of COCO's annotations."""
    with suppress(OSError), path.open("rb") as file:
        data = file.read(_END)
        if not data.lstrip().startswith(b"{"):
            return False
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _END))
        data += file.read(_END)
        return sum(key in data for key in _COCO_KEYS) >= 2
    return False
