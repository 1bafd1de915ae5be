"""Uploads: files that browsers send in pieces, and go on with after an interruption.

An upload is one stream of bytes: an archive, into which a page packs a folder, or a single file. It lies in
the studio's own folder until it is whole.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from layerzoo.atomic import atomic_path, remove, write_atomic
from layerzoo.disk import decimal_size
from layerzoo.errors import UsageError
from layerzoo.studio.routing import NotFoundError

PIECE: Final = 16 << 20
"""The most bytes of a piece."""
ARCHIVES: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
FILES: Final = (".csv", ".tsv", ".tab", ".h5", ".hdf5", ".hdf", ".json")
_META: Final = "upload.json"
_MOST: Final = 200
_SPARE: Final = 1 << 28
_KEPT_S: Final = 7 * 86400.0
_ID: Final = re.compile(r"[0-9a-f]{24}")


@dataclass
class Upload:
    """An upload.

    Attributes:
        id: its name.
        file: the name of the file.
        size: how many bytes it has.
        key: what a page knows it by again, so that the same files go on where they were.
        user: whose it is.
        offset: how many bytes have arrived.
    """

    id: str
    file: str
    size: int
    key: str = ""
    user: str = ""
    offset: int = 0


class Uploads:
    """All uploads, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, file: str, size: int, key: str, user: str) -> Upload:
        """An upload for a file; the one of the same key and size if it has begun before.

        Raises:
            UsageError: the file is of no kind that is taken, or there is no room.
        """
        suffix_of(file)
        if size <= 0:
            raise UsageError(f"{file} is empty")
        self._forget_old()
        known = self.uploads(user)
        for upload in known:
            if key and (upload.key, upload.size, upload.file) == (key, size, file):
                return upload
        if len(known) >= _MOST:
            raise UsageError(f"{len(known)} uploads are unfinished; finish or remove some")
        self._folder.mkdir(parents=True, exist_ok=True)
        free = max(0, shutil.disk_usage(self._folder).free - _SPARE)
        if size > free:
            raise UsageError(f"{file} has {decimal_size(size)}; the disk has {decimal_size(free)} free")
        upload = Upload(token_hex(12), file, size, key, user)
        folder = self._folder / upload.id
        folder.mkdir()
        self.content(upload).touch()
        write_atomic(folder / _META, json.dumps(asdict(upload)))
        return upload

    def uploads(self, user: str) -> list[Upload]:
        """A user's uploads that have not been used."""
        if not self._folder.is_dir():
            return []
        found = [self._load(folder) for folder in sorted(self._folder.iterdir())]
        return [upload for upload in found if upload is not None and upload.user == user]

    def upload(self, name: str, user: str) -> Upload:
        """An upload by its id.

        Raises:
            NotFoundError: the user has none of that id.
        """
        upload = self._load(self._folder / name) if _ID.fullmatch(name) else None
        if upload is None or upload.user != user:
            raise NotFoundError(f"no upload {name!r}")
        return upload

    def content(self, upload: Upload) -> Path:
        """The file of what has arrived."""
        return self._folder / upload.id / f"content{suffix_of(upload.file)}"

    async def add(self, upload: Upload, offset: int, pieces: AsyncIterator[bytes]) -> Upload:
        """Append what comes; what has come before an interruption stays.

        Raises:
            UsageError: it doesn't begin where the upload ends, is longer than the file, or another request
                adds to it.
        """
        with self._alone(upload.id):
            path = self.content(upload)
            have = path.stat().st_size
            if offset != have:
                raise UsageError(f"the piece begins at {offset:,}; {have:,} bytes have arrived")
            with path.open("ab") as file:
                taken = 0
                async for piece in pieces:
                    taken += len(piece)
                    if have + taken > upload.size:
                        raise UsageError(f"more than {upload.size:,} bytes came, the size of {upload.file}")
                    if taken > PIECE:
                        raise UsageError(f"the piece has more than {PIECE:,} bytes")
                    file.write(piece)
            upload.offset = path.stat().st_size
            return upload

    def whole(self, upload: Upload) -> Path:
        """The file of an upload that is whole.

        Raises:
            UsageError: it isn't.
        """
        if upload.offset != upload.size:
            raise UsageError(f"{upload.offset:,} of {upload.size:,} bytes of {upload.file} have arrived")
        return self.content(upload)

    def move(self, upload: Upload, target: Path) -> None:
        """Put the file of a whole upload in its place, and forget the upload."""
        source = self.whole(upload)
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(target) as temporary:
            shutil.move(source, temporary)
        self.remove(upload)

    def remove(self, upload: Upload) -> None:
        """Forget an upload."""
        with self._alone(upload.id):
            remove(self._folder / upload.id)

    def used(self, upload: Upload) -> None:
        """A job takes the file, and deletes it: lists no longer show the upload."""
        (self._folder / upload.id / _META).unlink(missing_ok=True)

    def _load(self, folder: Path) -> Upload | None:
        with suppress(OSError, ValueError, TypeError, UsageError):
            values: dict[str, Any] = json.loads((folder / _META).read_text())
            upload = Upload(**values)
            upload.offset = self.content(upload).stat().st_size
            return upload
        return None

    def _forget_old(self) -> None:
        """Delete uploads that nothing was added to for days, and the folders of those that were used."""
        if not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            with suppress(OSError):
                files = list(folder.iterdir())
                newest = max((file.stat().st_mtime for file in files), default=folder.stat().st_mtime)
                if not files or time.time() - newest > _KEPT_S:
                    remove(folder)

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with self._lock:
            if name in self._busy:
                raise UsageError("another request adds to this upload")
            self._busy.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(name)


def suffix_of(file: str) -> str:
    """The suffix of a file that can be uploaded.

    Raises:
        UsageError: it is of no such kind.
    """
    name = file.lower()
    for suffix in (*ARCHIVES, *FILES):
        if name.endswith(suffix):
            return suffix
    raise UsageError(f"{file}: expected an archive ({', '.join(ARCHIVES)}) or a file {', '.join(FILES)}")


def is_archive(file: str) -> bool:
    """Whether an upload is unpacked."""
    return file.lower().endswith(ARCHIVES)
