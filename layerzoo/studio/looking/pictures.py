"""Files that users bring to the page Look, and files that the worker writes for it; all go after a day."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerzoo.atomic import atomic_path
from layerzoo.errors import UsageError
from layerzoo.studio.routing import NotFoundError
from layerzoo.terminal_text import one_line

MAX_BYTES: Final = 32 << 20
"""The largest file."""
MAX_KEPT_BYTES: Final = 2 << 30
DAY_S: Final = 86_400.0
_SWEEP_S: Final = 300.0
_ID: Final = re.compile(r"[0-9a-f]{24}")
_FOLDER: Final = re.compile(r"[a-z]{1,20}")
_FILE: Final = re.compile(r"\w[\w.-]{0,159}\.(png|json|csv)")
_SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass
class Picture:
    """A file to look at.

    Attributes:
        source: ``upload:ID``, or a path below a root.
        name: as users know it.
    """

    source: str
    name: str


class Pictures:
    """The files of the page Look, below a folder: uploads, and folders of results.

    Args:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._uploads, self._results = folder / "uploads", folder / "results"
        self._swept = 0.0

    def add(self, data: bytes, name: str) -> Picture:
        """Keep what was uploaded, under a name of the studio's own.

        Raises:
            UsageError: it is empty or too large.
        """
        if not data:
            raise UsageError("the file is empty")
        if len(data) > MAX_BYTES:
            raise UsageError(f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are taken")
        self.sweep()
        self._uploads.mkdir(parents=True, exist_ok=True)
        suffix = Path(name).suffix.lower()
        number = secrets.token_hex(12)
        kept = suffix if _SUFFIX.fullmatch(suffix) else ".bin"
        with atomic_path(self._uploads / f"{number}{kept}") as path:
            path.write_bytes(data)
        return Picture(f"upload:{number}", one_line(name)[:120] or "picture")

    def uploaded(self, source: str) -> Path:
        """The file of an upload.

        Raises:
            NotFoundError: there is none, or no more.
        """
        number = source.removeprefix("upload:")
        found = sorted(self._uploads.glob(f"{number}.*")) if _ID.fullmatch(number) else []
        if not found:
            raise NotFoundError("this upload is gone: uploads are kept for a day; choose the file again")
        return found[0]

    def remove(self, source: str) -> None:
        """Delete an upload."""
        self.uploaded(source).unlink(missing_ok=True)

    def results(self, number: str = "") -> tuple[str, Path]:
        """A folder for results: a new one, or that of a number."""
        self.sweep()
        number = number or secrets.token_hex(12)
        folder = self._results / number
        folder.mkdir(parents=True, exist_ok=True)
        return number, folder

    def result(self, number: str, name: str) -> Path:
        """A file of results.

        Raises:
            NotFoundError: there is none.
        """
        *folders, file = name.split("/")
        path = self._results / number / name
        fits = len(folders) <= 1 and all(map(_FOLDER.fullmatch, folders)) and _FILE.fullmatch(file)
        if not _ID.fullmatch(number) or not fits or not path.is_file():
            raise NotFoundError(f"no result {one_line(name)}; results are kept for a day")
        return path

    def sweep(self, now: float | None = None) -> None:
        """Delete what is older than a day, and the oldest if there is too much; at most every few minutes."""
        if now is None:
            now = time.time()
            if now - self._swept < _SWEEP_S:
                return
        self._swept = now
        kept: list[tuple[float, int, Path]] = []
        for folder in (self._uploads, self._results):
            for path in folder.iterdir() if folder.is_dir() else ():
                with suppress(OSError):
                    facts = path.stat()
                    if now - facts.st_mtime > DAY_S:
                        _delete(path)
                    else:
                        kept.append((facts.st_mtime, _bytes(path), path))
        total = sum(size for _, size, _ in kept)
        for _, size, path in sorted(kept, key=lambda one: one[0]):
            if total <= MAX_KEPT_BYTES:
                break
            _delete(path)
            total -= size


def _bytes(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _delete(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
