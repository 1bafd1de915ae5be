"""Files of the names of classes, one in each line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from layerzoo.atomic import write_atomic
from layerzoo.data.listed_files import read_lines
from layerzoo.errors import DataError

NAME: Final = "classes.txt"
"""The name of the file beside data."""
MAX_CLASSES: Final = 1_000_000
"""The most names that are read."""


def read_class_file(path: str | Path) -> list[str]:
    """The names in the lines of a file.

    Raises:
        OSError: the file can't be read.
        DataError: it is empty or too long, or isn't text.
    """
    names = [line.strip() for line in islice(read_lines(path), MAX_CLASSES + 1)]
    if len(names) > MAX_CLASSES:
        raise DataError(f"{path}: more than {MAX_CLASSES:,} lines; expected the name of a class in each")
    while names and not names[-1]:
        names.pop()
    if not names or not all(name.isprintable() for name in names):
        raise DataError(f"{path}: expected a name of a class in each line")
    return names


def names_beside(folder: str | Path) -> list[str] | None:
    """The names of the classes of the data in a folder, from its file `NAME`; None if there is none.

    Raises:
        DataError: the file can't be read.
    """
    if not str(folder):
        return None
    path = Path(folder) / NAME
    try:
        return read_class_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None


def write_class_file(path: str | Path, names: Sequence[str]) -> None:
    """Write names of classes, one in each line; characters that can't be shown become ``?``.

    Raises:
        OSError: the file can't be written.
    """
    lines = (" ".join(name.split()) for name in names)
    shown = ("".join(one if one.isprintable() else "?" for one in line) for line in lines)
    write_atomic(path, "".join(f"{line or '?'}\n" for line in shown))
