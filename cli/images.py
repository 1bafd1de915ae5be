"""The images that a command's arguments name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path

from layerzoo.zoo import images_in


def images_named(arguments: Sequence[str]) -> Iterator[Path | bytes]:
    """The images that arguments name, in order: files, folders, patterns, or - for stdin."""
    for argument in arguments:
        if argument == "-":
            yield from _from_stdin()
        elif Path(argument).exists() or not (matches := sorted(glob(argument, recursive=True))):  # noqa: PTH207
            yield from images_in([argument])
        else:
            yield from images_in(matches)


def _from_stdin() -> Iterator[Path | bytes]:
    """Read stdin: one image, or a list of paths, one per line."""
    data = sys.stdin.buffer.read()
    try:
        lines = [line for line in data.decode().splitlines() if line.strip()]
    except UnicodeDecodeError:
        lines = []
    if lines and not data.startswith((b"P1", b"P2", b"P3", b"P4", b"P5", b"P6")):
        yield from images_in(lines)
    else:
        yield data


def image_name(image: object) -> str:
    """How a command's output names an image: its path, or ``<stdin>`` for bytes."""
    return "<stdin>" if isinstance(image, bytes) else str(image)


def picture_name(image: object, taken: set[str]) -> str:
    """A name for the picture of an image, without suffix, that no other has; it is added to ``taken``."""
    stem = "stdin" if isinstance(image, bytes) else Path(str(image)).stem
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    taken.add(name)
    return name
