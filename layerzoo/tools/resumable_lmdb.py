"""Write an LMDB that can be continued after an interruption, and verify it at the end."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Final

import lmdb

from layerzoo.atomic import write_atomic
from layerzoo.errors import DataError

Progress = Callable[[str, int, int], None]

_FIRST_MAP: Final = 1 << 26
_PUTS_A_TRANSACTION: Final = 500
_DIGEST: Final = 16
_STATE, _DIGESTS = "import.json", "import.digests"


class ResumableLMDB:
    """A database that is written to a folder beside its path, and gets its name once it is whole.

    Beside the records, the folder holds what they were made of and a digest of each; both are removed at the
    end. Records are written in the order of their keys, so those that are there are the first ones.

    Args:
        path: the folder of the database, which must not exist.
        made_of: what decides the records: a database of something else is begun anew.

    Raises:
        DataError: ``path`` already exists, or the folder can't be written.
    """

    def __init__(self, path: Path, made_of: str) -> None:
        if path.exists() or path.is_symlink():
            raise DataError(f"{path} already exists; remove it, or choose another path")
        self._path, self._folder = path, path.with_name(f"{path.name}.importing")
        self._size = _FIRST_MAP
        try:
            if self._folder.exists() and self._made_of() != made_of:
                shutil.rmtree(self._folder)
            if not self._folder.exists():
                self._folder.mkdir(parents=True)
                write_atomic(self._folder / _STATE, json.dumps({"made_of": made_of}))
                (self._folder / _DIGESTS).touch()
        except OSError as error:
            raise self._unwritable(error) from None

    def _made_of(self) -> str | None:
        try:
            return str(json.loads((self._folder / _STATE).read_bytes())["made_of"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def written(self) -> int:
        """The number of records that are there from before.

        Raises:
            DataError: the folder can't be read.
        """
        try:
            with self._open() as env:
                count = int(env.stat()["entries"])
            digests = (self._folder / _DIGESTS).stat().st_size // _DIGEST
            whole = min(count, digests)
            os.truncate(self._folder / _DIGESTS, whole * _DIGEST)
        except (OSError, lmdb.Error) as error:
            raise self._unwritable(error) from None
        return whole

    def write(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Write records after those that are there.

        Raises:
            DataError: the folder can't be written.
        """
        rest = iter(records)
        try:
            with self._open() as env, (self._folder / _DIGESTS).open("ab") as digests:
                while batch := list(islice(rest, _PUTS_A_TRANSACTION)):
                    while not self._put(env, batch):
                        self._size *= 2
                        env.set_mapsize(self._size)
                    digests.write(b"".join(_digest(*record) for record in batch))
                    digests.flush()
                env.sync(True)
                os.fsync(digests.fileno())
        except (OSError, lmdb.Error) as error:
            raise self._unwritable(error) from None

    def finish(self, count: int, progress: Progress | None = None) -> None:
        """Read all records again, compare them with what was written, and give the database its name.

        Args:
            count: the number of records that there should be.
            progress: called with what is done, how much of it, and how much there is.

        Raises:
            DataError: a record differs, or some are missing; the next import begins anew.
        """
        try:
            digests = (self._folder / _DIGESTS).read_bytes()
            with self._open() as env, env.begin() as transaction:
                read = 0
                for read, (key, value) in enumerate(transaction.cursor(), 1):
                    if _digest(key, value) != digests[(read - 1) * _DIGEST : read * _DIGEST]:
                        name = key.decode(errors="replace")
                        raise self._damaged(f"record {read - 1} ({name:.100}) differs from what was written")
                    if progress is not None:
                        progress("verifying", read, count)
            if read != count:
                raise self._damaged(f"{read:,} records; expected {count:,}")
            for name in (_STATE, _DIGESTS, "lock.mdb"):
                (self._folder / name).unlink(missing_ok=True)
            self._folder.rename(self._path)
        except (OSError, lmdb.Error) as error:
            raise self._unwritable(error) from None

    def _open(self) -> lmdb.Environment:
        stored = self._folder / "data.mdb"
        if stored.exists():
            self._size = max(self._size, 2 * stored.stat().st_size)
        return lmdb.open(str(self._folder), map_size=self._size, sync=False, lock=False)

    def _put(self, env: lmdb.Environment, batch: list[tuple[bytes, bytes]]) -> bool:
        try:
            with env.begin(write=True) as transaction:
                for key, value in batch:
                    transaction.put(key, value)
        except lmdb.MapFullError:
            return False
        return True

    def _damaged(self, why: str) -> DataError:
        shutil.rmtree(self._folder, ignore_errors=True)
        return DataError(f"{self._path}: {why}; the disk may be faulty, import again")

    def _unwritable(self, error: Exception) -> DataError:
        why = getattr(error, "strerror", None) or str(error)
        return DataError(f"{self._folder} can't be written: {why}; the next import continues")


def _digest(key: bytes, value: bytes) -> bytes:
    return blake2b(key + b"\0" + value, digest_size=_DIGEST).digest()
