"""Find images in a folder for each class, DIGITS' layout."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from layerzoo.errors import DataError, did_you_mean, nearest

SUFFIXES: Final = frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".png",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
    }
)
"""Suffixes of files that count as images."""
MAX_FILES: Final = 1 << 25
"""The most files of a folder, with those in its folders."""
MAX_DEPTH: Final = 32
"""The most folders inside each other."""
PARTS: Final = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
"""The folders that hold each part of a data set."""
_SHOWN: Final = 5


class LabelledFile(NamedTuple):
    """A file, its path relative to the source with ``/`` between folders, and its label."""

    path: Path
    key: str
    label: int


def read_class_folders(
    source: str | Path,
    names: Sequence[str] = (),
    part: str = "",
    suffixes: Collection[str] = SUFFIXES,
) -> tuple[list[str], list[LabelledFile]]:
    """Find the images in the folders of classes, sorted by class and path.

    Hidden files and folders, and files with another suffix than those of images, are left out.

    Args:
        source: the folder.
        names: the folders of the classes, in the order of the labels; none: all folders, sorted by name.
        part: the folder of `PARTS` to read, where the source has such folders: train, val or test; it is not
            looked at for any other source.
        suffixes: those of the files to read, in lower case.

    Returns:
        the names of the classes, and the images.

    Raises:
        OSError: the folder can't be read.
        DataError: it has no folders with images, or it is divided and no part is named.
    """
    source = Path(source)
    if not source.is_dir():
        os.scandir(source).close()  # raises what is wrong
    parts = find_parts(source)
    roots = list(parts.values()) or [source]
    present = sorted({folder.name for root in roots for folder in _folders(root)})
    classes = list(names) or present
    for name, count in Counter(classes).items():
        if count > 1:
            raise DataError(f"{source}: class '{name}' is named {count} times")
        if name not in present:
            hint = did_you_mean(nearest(name, present)) or f"it has {_listed(present)}"
            raise DataError(f"{source}: no folder for class '{name}'; {hint}")
    if parts and part not in parts:
        what = f"no folder '{part}'; it has" if part else "no part is named; it is divided into"
        raise DataError(f"{source}: {what} {_listed(list(parts))}")
    root = parts[part] if parts else source
    start = f"{root.name}/" if parts else ""
    files: list[LabelledFile] = []
    others: Counter[str] = Counter()
    for label, name in enumerate(classes):
        for path, inner in _walk(root / name, suffixes, others):
            files.append(LabelledFile(path, f"{start}{name}/{inner}", label))
            if len(files) > MAX_FILES:
                raise DataError(f"{source}: more than {MAX_FILES:,} images")
    if not files:
        what = "images" if suffixes is SUFFIXES else f"files {', '.join(sorted(suffixes))}"
        raise DataError(f"{root}: no {what} in folders of classes{_instead(root, classes, suffixes, others)}")
    return classes, files


def find_parts(source: str | Path) -> dict[str, Path]:
    """The folders train, val and test of a source that has no others; empty for any other source.

    Raises:
        OSError: the folder can't be read.
    """
    folders = {folder.name.lower(): folder for folder in _folders(Path(source))}
    parts = {part: folders[name] for part, names in PARTS.items() for name in names if name in folders}
    return parts if "train" in parts and len(parts) == len(folders) and len(parts) > 1 else {}


def _folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if not path.name.startswith(".") and path.is_dir()]


def _walk(folder: Path, suffixes: Collection[str], others: Counter[str]) -> Iterator[tuple[Path, str]]:
    """The images in a folder at any depth, sorted, with their paths relative to it.

    Args:
        folder: the folder; nothing is in one that doesn't exist.
        suffixes: those of the files to find.
        others: counts the suffixes of other files.
    """
    pending: list[tuple[Path, str, tuple[tuple[int, int], ...]]] = [(folder, "", ())]
    images: list[tuple[str, Path]] = []
    while pending:
        inside, prefix, parents = pending.pop()
        try:
            facts = inside.stat()
            entries = list(os.scandir(inside))
        except FileNotFoundError:
            continue
        identity = (facts.st_dev, facts.st_ino)
        if identity in parents:  # a link to a folder above
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path, inner = inside / entry.name, f"{prefix}{entry.name}"
            if entry.is_dir():
                if len(parents) >= MAX_DEPTH:
                    raise DataError(f"{path}: more than {MAX_DEPTH} folders inside each other")
                pending.append((path, f"{inner}/", (*parents, identity)))
            elif path.suffix.lower() in suffixes:
                images.append((inner, path))
            else:
                others[path.suffix.lower()] += 1
    for inner, path in sorted(images):
        yield path, inner


def _instead(root: Path, classes: Sequence[str], suffixes: Collection[str], others: Counter[str]) -> str:
    """What a folder holds that has no images in folders of classes."""
    own = sum(path.suffix.lower() in suffixes for path in root.iterdir())
    if own:
        return f"; {own:,} of them lie in it itself: put those of each class into a folder with its name"
    if not classes:
        return "; expected a folder for each class"
    if not others:
        return f"; the folders {_listed(classes)} are empty"
    kinds = ", ".join(repr(suffix) if suffix else "none" for suffix, _ in others.most_common(_SHOWN))
    count = sum(others.values())
    if count == 1:
        return f"; the only file in them has the suffix {kinds}"
    return f"; the {count:,} files in them have the suffixes {kinds}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return (", ".join(f"'{name}'" for name in names[:_SHOWN]) or "none") + more
