"""Files of named data sets on the web: where they are, and what they must hold."""

from __future__ import annotations

from typing import NamedTuple


class RemoteFile(NamedTuple):
    """A file that ``layerzoo data get`` downloads.

    Attributes:
        name: its name in the data set's folder.
        size: its size in bytes.
        sha256: its hash, in hexadecimal digits.
        urls: where it is; the next one is tried where one fails.
    """

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]


def files_at(mirrors: tuple[str, ...], files: dict[str, tuple[int, str]]) -> tuple[RemoteFile, ...]:
    """Files that all mirrors hold.

    Args:
        mirrors: URLs of folders.
        files: size and sha256 of each file, by name.
    """
    return tuple(
        RemoteFile(name, size, sha256, tuple(f"{mirror.rstrip('/')}/{name}" for mirror in mirrors))
        for name, (size, sha256) in files.items()
    )
