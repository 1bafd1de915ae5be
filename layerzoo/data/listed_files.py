"""Read lists of files, one file per line, as Caffe's data layers do."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from layerzoo.errors import DataError
from layerzoo.regular_file import open_text

MAX_LINE = 1 << 16
"""The most characters of a line of a list."""


class Listed(NamedTuple):
    """A line of a list.

    Attributes:
        path: the file.
        label: its label, the first if there are several.
        line: number of the line, from 1.
        name: the path as it is written.
        labels: all of its labels.
    """

    path: Path
    label: float
    line: int
    name: str = ""
    labels: tuple[float, ...] = ()


def read_lines(source: str | Path) -> Iterator[str]:
    """Iterate over the lines of a text file; bytes that are not UTF-8 become lone surrogates.

    Raises:
        OSError: the file can't be read, or is not a regular file.
        DataError: a line is longer than `MAX_LINE`.
    """
    with open_text(source, "surrogateescape") as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise DataError(f"{source}:{number}: a line of more than {MAX_LINE:,} characters")
            yield line


def read_labelled(source: str | Path, root: str) -> Iterator[Listed]:
    """Read a list of files with labels; a line holds a path and, after its last space, a label.

    A line may hold several labels: as many as there are numbers at its end, if the path that remains exists
    and the path with all but the last number doesn't. Each line has as many.

    Args:
        source: path of the list.
        root: prefix of each path; see `locate`.

    Raises:
        OSError: the list can't be read.
        DataError: a line has no label, or not as many as the first.
    """
    source = Path(source)
    count = 0
    for number, line in enumerate(read_lines(source), 1):
        words = line.rsplit(maxsplit=1)
        if not words:
            continue
        try:
            name, label = words
            value = float(label)
        except ValueError:
            raise DataError(
                f"{source}:{number}: '{line.strip():.200}'; expected a path and a label"
            ) from None
        if not isfinite(value):
            raise DataError(f"{source}:{number}: label '{label:.200}'; expected a finite number")
        path = locate(name, root, source)
        labels: tuple[float, ...] = (value,)
        several = len(name.split()) - len(_without_numbers(name))
        if several and not exists(path):
            name, *numbers = line.rsplit(maxsplit=several + 1)
            labels = tuple(map(float, numbers))
            if not exists(bare := locate(name, root, source)) or not all(map(isfinite, labels)):
                raise DataError(
                    f"{source}:{number}: '{line.strip():.200}': neither file '{path}' nor, with "
                    f"{len(labels)} labels, file '{bare}' exists; expected a path and its labels"
                )
            path = bare
        count = count or len(labels)
        if len(labels) != count:
            what = f"'{line.strip():.200}' has {len(labels)} labels; the first line has {count}"
            raise DataError(f"{source}:{number}: {what}")
        yield Listed(path, labels[0], number, name, labels)


def without_labels(line: str) -> str:
    """A line of a list without the numbers at its end."""
    several = len(line.split()) - len(_without_numbers(line))
    return line.rsplit(maxsplit=several)[0] if line.split() else ""


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
    return next((path for path in candidates if exists(path)), as_caffe)


def image_folder(source: Path, name: str) -> Path:
    """The folder of the images of a file that names them, such as annotations, by the name of one image.

    It is the first that holds the image, of: the file's folder; there ``images``; beside it ``images``, and
    folders named as the file, or as its last word (``train2017`` for ``instances_train2017.json``); else the
    file's folder.
    """
    folder = source.parent
    beside = dict.fromkeys(word for word in ("images", source.stem, source.stem.rpartition("_")[2]) if word)
    candidates = [folder, folder / "images", *(folder.parent / word for word in beside)]
    return next((each for each in candidates if name and _is_file(each / name)), folder)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or has a null character
        return False


def exists(path: Path) -> bool:
    """Whether a path exists; False too if it can't be looked up, as when its name is too long."""
    try:
        return path.exists()
    except OSError:
        return False
