"""Files that a list names, one on a line, as Caffe's data layers read them."""

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
    """The files of a list whose lines are a path and, after the last space, a label.

    Args:
        source: the list.
        root: stands before each path; see `locate`.

    Raises:
        OSError: the list can't be read.
        DataError: a line has no label, or several.
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
                    f"{source}:{number}: '{line.strip()}' has {labels} labels (there is no file '{path}'); "
                    "expected a path and one label. HDF5Data reads several labels a sample"
                )
            yield Listed(path, value)


def _ends_in_number(name: str) -> bool:
    return len(_without_numbers(name)) < len(name.split())


def _without_numbers(name: str) -> list[str]:
    """The words of a name up to the numbers at its end; the first word stays."""
    words = name.split()
    while len(words) > 1:
        try:
            float(words[-1])
        except ValueError:
            break
        words.pop()
    return words


def locate(name: str, root: str, source: Path) -> Path:
    """The file that a list means by ``name``.

    ``root`` stands before it, letter by letter as in Caffe or as a folder. A relative path counts from the
    working folder or, where nothing is there, from the list's own folder.
    """
    as_caffe = Path(root + name)
    tries = (as_caffe, Path(root) / name, source.parent / root / name)
    return next((path for path in tries if path.exists()), as_caffe)
