"""Write an LMDB that can be continued after an interruption, and verify it at the end."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Final

import lmdb

from layerzoo.atomic import atomic_path, remove_leftovers, sync
from layerzoo.data.class_file import NAME, write_class_file
from layerzoo.data.lmdb_records import put_records
from layerzoo.errors import DataError
from layerzoo.run_lock.flock import Flock

Progress = Callable[[str, int, int], None]

_FIRST_MAP: Final = 1 << 26
_PUTS_A_TRANSACTION: Final = 500
_DIGEST: Final = 16
_DAMAGED: Final = (
    lmdb.CorruptedError,
    lmdb.InvalidError,
    lmdb.PageNotFoundError,
    lmdb.PanicError,
    lmdb.VersionMismatchError,
)
"""Errors of a database that can't be continued."""
_ENTRY: Final = 2 * _DIGEST
"""Bytes of the digests of a record: of its origin, and of itself."""
_STATE, _DIGESTS = "import.json", "import.digests"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from importing to the same path while the block runs.

    Raises:
        DataError: another process does so, or the folder of the path can't be written.
    """
    file = path.with_name(f".{path.name}.importing.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = Flock(file)
    except BlockingIOError:
        raise DataError(
            f"{path}: another process imports to it; wait for it, or choose another path"
        ) from None
    except OSError as error:
        raise DataError(f"{path} can't be written: {error.strerror or error}") from None
    try:
        yield
    finally:
        with suppress(OSError):  # one that stays keeps nobody out
            file.unlink(missing_ok=True)
        lock.close()


class ResumableLMDB:
    """A database that is written to a folder beside its path, and gets its name once it is whole.

    Beside the records, the folder holds digests: of the settings, and for each record of its origin and of
    itself; they are removed at the end. Every transaction is synced, so that a power cut leaves whole ones.
    Records are written in the order of their keys, so those that are there are the first ones. If the
    settings or the origin of one that is there changed, all begins anew. If only the removal of the digests
    was interrupted, the database is whole, and they are removed.

    Args:
        path: the folder of the database, which must not exist.
        settings: what decides all records.
        origins: what decides each record.

    Attributes:
        is_whole: whether an import with these settings and origins has written all already.

    Raises:
        DataError: ``path`` already exists, the folder can't be written, or it is there and not an import's.
    """

    def __init__(self, path: Path, settings: str, origins: Sequence[str]) -> None:
        self._path, self._folder = path, path.with_name(f"{path.name}.importing")
        self._settings = _digest(settings).hex()
        self._origins = [_digest(origin) for origin in origins]
        self._size = _FIRST_MAP
        self.is_whole = self._is_new = False
        try:
            remove_leftovers(path.parent, self._folder.name)
            if path.exists() or path.is_symlink():
                if not self._lacks_removal():
                    raise DataError(f"{path} already exists; remove it, or choose another path")
                self._remove_digests()
                self.is_whole = True
            elif not self._folder.exists():
                self._begin()
            elif not (self._folder / _STATE).is_file() and any(self._folder.iterdir()):
                message = "is there, and not of an interrupted import; move it, or choose another path"
                raise DataError(f"{self._folder} {message}")
            elif self._stored_settings(self._folder) != self._settings:
                self._begin()
            else:
                remove_leftovers(self._folder)
        except OSError as error:
            raise self._unwritable(error) from None

    def _begin(self) -> None:
        """Begin anew, with a folder that has the state and the digests from the start."""
        with atomic_path(self._folder) as folder:
            folder.mkdir()
            (folder / _STATE).write_text(json.dumps({"settings": self._settings}))
            (folder / _DIGESTS).touch()
        self._is_new = True

    def _lacks_removal(self) -> bool:
        """Whether an import of the same was interrupted after the database had got its name."""
        if self._stored_settings(self._path) != self._settings:
            return False
        digests = self._path / _DIGESTS
        return not digests.exists() or self._stored_origins(digests.read_bytes()) == self._origins

    def _remove_digests(self) -> None:
        """Remove what stands beside the records; the state last, by which `_lacks_removal` knows."""
        for name in ("lock.mdb", _DIGESTS, _STATE):
            (self._path / name).unlink(missing_ok=True)

    @staticmethod
    def _stored_origins(digests: bytes) -> list[bytes]:
        whole = len(digests) // _ENTRY * _ENTRY
        return [digests[place : place + _DIGEST] for place in range(0, whole, _ENTRY)]

    @staticmethod
    def _stored_settings(folder: Path) -> str | None:
        try:
            return str(json.loads((folder / _STATE).read_bytes())["settings"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def written(self) -> int:
        """The number of records that are there from before.

        Raises:
            DataError: the folder can't be read.
        """
        try:
            whole = self._usable()
            if whole:
                os.truncate(self._folder / _DIGESTS, whole * _ENTRY)
            elif not self._is_new:
                self._begin()
        except (OSError, lmdb.Error) as error:
            raise self._unwritable(error) from None
        return whole

    def _usable(self) -> int:
        """The number of records that are there and can be continued after."""
        try:
            with self._open() as env:
                count = int(env.stat()["entries"])
            digests = (self._folder / _DIGESTS).read_bytes()
        except (*_DAMAGED, FileNotFoundError):
            return 0
        whole = min(count, len(digests) // _ENTRY)
        return whole if self._stored_origins(digests)[:whole] == self._origins[:whole] else 0

    def write(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Write records after those that `written` counts.

        Raises:
            DataError: the folder can't be written.
        """
        rest = iter(records)
        try:
            number = (self._folder / _DIGESTS).stat().st_size // _ENTRY
            with self._open() as env, (self._folder / _DIGESTS).open("ab") as digests:
                while batch := list(islice(rest, _PUTS_A_TRANSACTION)):
                    while not put_records(env, batch):
                        self._size *= 2
                        env.set_mapsize(self._size)
                    origins = self._origins[number : number + len(batch)]
                    number += len(batch)
                    pairs = zip(origins, batch, strict=True)
                    digests.write(b"".join(origin + _digest(*record) for origin, record in pairs))
                    digests.flush()
                    os.fsync(digests.fileno())
        except _DAMAGED as error:
            raise self._damaged(f"the database is damaged: {error}") from None
        except (OSError, lmdb.Error) as error:
            raise self._unwritable(error) from None

    def finish(self, count: int, progress: Progress | None = None, names: Sequence[str] = ()) -> None:
        """Read all records again, compare them with what was written, and give the database its name.

        Args:
            count: the number of records that there should be.
            progress: called with what is done, how much of it, and how much there is.
            names: names of the classes, which are written beside the records.

        Raises:
            DataError: a record differs, or some are missing; the next import begins anew.
        """
        try:
            digests = (self._folder / _DIGESTS).read_bytes()
            with self._open() as env, env.begin() as transaction:
                read = 0
                for read, (key, value) in enumerate(transaction.cursor(), 1):
                    if _digest(key, value) != digests[read * _ENTRY - _DIGEST : read * _ENTRY]:
                        name = key.decode(errors="replace")
                        raise self._damaged(f"record {read - 1} ({name:.100}) differs from what was written")
                    if progress is not None:
                        progress("verifying", read, count)
            if read != count:
                raise self._damaged(f"{read:,} records; expected {count:,}")
            if names:
                write_class_file(self._folder / NAME, names)
            self._folder.rename(self._path)
            self._remove_digests()
            sync(self._path.parent, deep=False)
        except _DAMAGED as error:
            raise self._damaged(f"the database is damaged: {error}") from None
        except (OSError, lmdb.Error) as error:
            raise self._unwritable(error) from None

    def _open(self) -> lmdb.Environment:
        stored = self._folder / "data.mdb"
        if stored.exists():
            self._size = max(self._size, 2 * stored.stat().st_size)
        return lmdb.open(str(self._folder), map_size=self._size, lock=False)

    def _damaged(self, why: str) -> DataError:
        with suppress(OSError):  # the state last, by which the next import knows the folder
            for name in ("data.mdb", _DIGESTS):
                (self._folder / name).unlink(missing_ok=True)
            shutil.rmtree(self._folder)
        return DataError(f"{self._path}: {why}; the disk may be faulty, import again")

    def _unwritable(self, error: Exception) -> DataError:
        why = getattr(error, "strerror", None) or str(error)
        return DataError(f"{self._folder} can't be written: {why}; the next import continues")


def _digest(*parts: bytes | str) -> bytes:
    joined = b"\0".join(
        part.encode(errors="surrogateescape") if isinstance(part, str) else part for part in parts
    )
    return blake2b(joined, digest_size=_DIGEST).digest()
