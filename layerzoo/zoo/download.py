"""Download a published file and verify its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from layerzoo.errors import ZooError
from layerzoo.zoo.stores import StoreFault, open_store

MAX_BYTES: Final = 2 << 30
"""Maximum size of a .caffemodel."""
TRIES: Final = 3

Progress = Callable[[str, int, int], None]


def download(
    url: str, target: Path, sha: str, progress: Progress | None = None, most: int = MAX_BYTES
) -> Path:
    """Download a file; a partial file is resumed, and one that is whole is kept.

    Args:
        url: http, https or file URL, or one that fsspec supports.
        target: target file, possibly partial.
        sha: published sha1 (40 digits) or sha256 (64 digits).
        progress: called during the download.
        most: the most bytes that the file may have.

    Raises:
        ZooError: the download failed, or the hash differs.
    """
    kind = {40: "sha1", 64: "sha256"}.get(len(sha))
    if kind is None:
        raise ZooError(f"'{sha}' is neither a sha1 nor a sha256")
    if target.exists() and _digest(target, kind) == sha.lower():  # what was left to do was to use it
        return target
    folder, _, name = url.rpartition("/")
    store = open_store(folder)
    faults: list[str] = []
    for _ in range(TRIES):
        try:
            have = target.stat().st_size if target.exists() else 0
            with store.open(unquote(name), have) as pieces, target.open("ab") as file:
                for piece in pieces:
                    have += len(piece)
                    if have > most:
                        target.unlink()
                        raise StoreFault(f"{url} is larger than {most:,} bytes")
                    file.write(piece)
                    if progress is not None:
                        progress(target.name, have, 0)
        except StoreFault as fault:
            faults.append(str(fault))
            if fault.beyond:  # the partial file is of other bytes
                target.unlink(missing_ok=True)
                continue
            if fault.passing:
                continue
            break
        actual = _digest(target, kind)
        if actual == sha.lower():
            return target
        target.unlink()
        faults.append(f"{url}: {kind} {actual} differs from the published {sha}")
    raise ZooError("; ".join(dict.fromkeys(faults)))


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()
