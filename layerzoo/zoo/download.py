"""A single published file, fetched and compared with its published hash before anybody looks into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from layerzoo.errors import ZooError
from layerzoo.zoo.stores import StoreFault, open_store

MAX_BYTES: Final = 2 << 30
"""The largest that a .caffemodel can be."""
TRIES: Final = 3

Progress = Callable[[str, int, int], None]


def download(url: str, target: Path, sha: str, progress: Progress | None = None) -> Path:
    """Fetch a file, or what is missing of it.

    Args:
        url: of the file: http, https, file, or one that fsspec knows.
        target: where it goes; what an earlier try left there is gone on with.
        sha: its published sha1 (40 digits) or sha256 (64).
        progress: called as it arrives.

    Raises:
        ZooError: it can't be had, or is not what was published.
    """
    kind = {40: "sha1", 64: "sha256"}.get(len(sha))
    if kind is None:
        raise ZooError(f"'{sha}' is neither a sha1 nor a sha256")
    folder, _, name = url.rpartition("/")
    store = open_store(folder)
    faults: list[str] = []
    for _ in range(TRIES):
        try:
            have = target.stat().st_size if target.exists() else 0
            with store.open(unquote(name), have) as pieces, target.open("ab") as file:
                for piece in pieces:
                    have += len(piece)
                    if have > MAX_BYTES:
                        raise StoreFault(f"{url} has more than {MAX_BYTES:,} bytes")
                    file.write(piece)
                    if progress is not None:
                        progress(target.name, have, 0)
        except StoreFault as fault:
            faults.append(str(fault))
            if fault.passing:
                continue
            break
        found = _digest(target, kind)
        if found == sha.lower():
            return target
        target.unlink()
        faults.append(f"{url}: its {kind} is {found}, not the published {sha}")
    raise ZooError("; ".join(dict.fromkeys(faults)))


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()
