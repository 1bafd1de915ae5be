"""Read lists of files, one file per line, as Caffe's data layers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from layerzoo.errors import DataError


class Listed(NamedTuple):
    """A line of a list: a file and its label."""

    path: Path
    label: float


def read_labelled(source: str | Path, root: str) -> Iterator[Listed]:
    """Read a list of files with labels; a line holds a path and, after its last space, a label.

    Args:
        source: path of the list.
        root: prefix of each path; see `locate`.

    Raises:
        OSError: the list can't be read.
        DataError: a line has no label or several.
    """
    source = Path(source)
    with source.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, 1):
            words = line.rsplit(maxsplit=1)
            if not words:
                continue
            try:
                name, label = words
                value = float(label)
            except ValueError:
                raise DataError(f"{source}:{number}: '{line.strip()}'; expected a path and a label") from None
            path = locate(name, root, source)
            if _ends_in_number(name) and not path.exists():
                labels = len(line.split()) - len(_without_numbers(name))
                raise DataError(
                    f"{source}:{number}: '{line.strip()}' has {labels} labels (file '{path}' is missing); "
                    "expected a path and one label; use HDF5Data for several labels per sample"
                )
            yield Listed(path, value)


def _ends_in_number(name: str) -> bool:
    return len(_without_numbers(name)) < len(name.split())


def _without_numbers(name: str) -> list[str]:
    """The words of ``name`` without numbers at its end; the first word is always kept."""
    words = name.split()
    while len(words) > 1:
        try:
            float(words[-1])
        except ValueError:
            break
        words.pop()
    return words


def locate(name: str, root: str, source: Path) -> Path:
    """Resolve ``name`` in the list ``source`` to a path.

    ``root`` is prepended as a string, as in Caffe, or as a folder. A relative path is relative to the working
    folder or, if no such file exists, to the folder of the list.
    """
    as_caffe = Path(root + name)
    candidates = (as_caffe, Path(root) / name, source.parent / root / name)
    return next((path for path in candidates if path.exists()), as_caffe)
