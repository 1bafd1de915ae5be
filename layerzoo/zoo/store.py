"""The local zoo on disk.

::

    <home>/zoo/
        lenet/1/            an entry, never changed; its files are hard links to blobs
        lenet/last          highest version ever used: a version is never reused
        .blobs/<sha256>     contents, shared by entries
        .incomplete/        entries being written or downloaded
        .locks/
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from filelock import BaseFileLock, FileLock, Timeout

from layerzoo.atomic import remove, sync, write_atomic
from layerzoo.errors import ZooError, did_you_mean, nearest
from layerzoo.home import PACKAGE, home
from layerzoo.regular_file import read_bytes
from layerzoo.version import __version__
from layerzoo.zoo.entry import ORIGINS, Entry
from layerzoo.zoo.manifest import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    FileFacts,
    check_facts,
    check_name,
    digest,
    emit,
    seal,
)
from layerzoo.zoo.pins import PINS, read_pins

SHIPPED: Final = PACKAGE / "model_zoo"
"""Entries that come with Layerzoo; read-only."""

_BLOBS, _INCOMPLETE, _LOCKS, _LAST = ".blobs", ".incomplete", ".locks", "last"
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_MIN_HASH = 6
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS})


class LocalZoo:
    """Entries under ``<home>/zoo/<name>/<version>/``, and those that come with Layerzoo.

    Args:
        folder: base folder; None for `layerzoo.home.home`.
        shipped: folder of the entries that come with Layerzoo; None for none.
        pins: file of pinned revisions, used for addresses without a revision.
    """

    def __init__(
        self, folder: Path | None = None, shipped: Path | None = SHIPPED, pins: Path = Path(PINS)
    ) -> None:
        self.root = (folder or home()) / "zoo"
        self.shipped = shipped
        self.pins = pins

    @property
    def incomplete(self) -> Path:
        """Folder of entries being written or downloaded."""
        return self.root / _INCOMPLETE

    def entries(self) -> list[Entry]:
        """The complete entries of the user, sorted by name and version."""
        return _entries_under(self.root)

    def shipped_entries(self) -> list[Entry]:
        """The entries that come with Layerzoo."""
        return _entries_under(self.shipped) if self.shipped else []

    def versions(self, name: str) -> list[Entry]:
        """The versions of one entry, oldest first: the user's, or those that come with Layerzoo."""
        check_name(name)
        return _entries_under(self.root, name) or (_entries_under(self.shipped, name) if self.shipped else [])

    def get(self, address: str, shipped: bool = True) -> Entry:
        """The entry at ``name`` (the newest version), ``name@version`` or ``name@hash``.

        A hash is a prefix of the entry's id, at least six digits. The user's entries hide shipped ones of the
        same name; without ``shipped`` only the user's are searched.

        Raises:
            ZooError: the entry is missing.
        """
        name, _, revision = self.pinned(address).partition("@")
        versions = self.versions(name) if shipped else _entries_under(self.root, check_name(name))
        if not versions:
            known = {entry.name for entry in (*self.entries(), *self.shipped_entries())}
            hint = did_you_mean(nearest(name, known)) or f"layerzoo zoo get {name} downloads it from a store"
            raise ZooError(f"no zoo entry '{name}' under {self.root}; {hint}")
        return choose(versions, revision)

    def pinned(self, address: str) -> str:
        """An address with the revision that ``zoo.lock`` pins, if it has none of its own."""
        if "@" in address:
            return address
        pin = read_pins(self.pins).get(address)
        return f"{address}@{pin}" if pin else address

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Create a temporary folder on the zoo's disk to build an entry in; it is deleted at the end.

        It is locked while in use, so that leftovers of killed programs can be recognised; they are deleted.
        """
        self._remove_leftovers()
        folder = self.incomplete / f"new-{token_hex(8)}"
        lock = self.lock(folder.name)
        with lock:
            folder.mkdir(parents=True)
            try:
                yield folder
            finally:
                with suppress(OSError):
                    remove(folder)
        Path(lock.lock_file).unlink(missing_ok=True)

    def lock(self, name: str, wait: bool = True) -> BaseFileLock:
        """A lock between processes; the system releases it when its holder dies.

        Raises:
            Timeout: on entering, if it is held by another and ``wait`` is false.
        """
        folder = self.root / _LOCKS
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / f"{name}.lock", timeout=-1 if wait else 0)

    def publish(self, staged: Path, name: str, facts: Mapping[str, Any], origin: str = "") -> Entry:
        """Publish the files of a staging folder as the next version of an entry.

        Args:
            staged: folder created by `staging`; regular files only.
            name: name of the entry.
            facts: fields of the manifest, without version, date and files.
            origin: source of an entry made by others.

        Raises:
            OSError: the zoo can't be written to; nothing is published.
            ZooError: an entry exists whose name differs in case only, or a fact or a file name is invalid.
        """
        files = {path.name: FileFacts.of(path) for path in sorted(staged.iterdir())}
        with self.lock(check_name(name)):
            version = self._next_version(name)
            own: dict[str, Any] = {
                "name": name,
                "version": version,
                "layerzoo": __version__,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            listed = {file: found._asdict() for file, found in files.items()}
            text = _manifest_text({**own, **facts, **own, "files": listed})
            (staged / MANIFEST).write_text(text, "utf-8")
            return self._place(staged, Entry(name, version, self.root / name / str(version)), files, origin)

    def place(self, staged: Path, name: str, version: int, origin: str) -> Entry:
        """Move a complete, verified entry into the zoo, unless it already exists there.

        Args:
            staged: folder of the entry.
            name: name of the entry.
            version: version of the entry.
            origin: where it was fetched from.

        Raises:
            ZooError: the zoo has a different entry of this version.
        """
        found = Entry(name, version, staged)
        target = Entry(name, version, self.root / name / str(version))
        with self.lock(check_name(name)):
            if (target.path / MANIFEST).exists():
                if target.id != found.id:
                    raise ZooError(
                        f"{found.address} already exists in the zoo, with other content "
                        f"({target.id[:12]}, not {found.id[:12]}); "
                        f"remove it first: layerzoo zoo rm {found.address}"
                    )
                return target
            self._refuse_other_spelling(name)
            return self._place(staged, target, found.files, origin)

    def remove(self, entry: Entry) -> None:
        """Remove an entry; its version is not reused.

        Raises:
            ZooError: the entry comes with Layerzoo.
        """
        if entry.path.parent.parent != self.root:
            raise ZooError(f"{entry.address} comes with Layerzoo and can't be removed")
        with self.lock(entry.name):
            self._remember(entry.name, self._highest(entry.name))
            # Renamed first, so that no partly deleted entry is ever found.
            gone = self.incomplete / f"gone-{token_hex(8)}"
            gone.parent.mkdir(parents=True, exist_ok=True)
            entry.path.rename(gone)
            (self.root / ORIGINS / entry.address).unlink(missing_ok=True)
            remove(gone)

    def blob(self, facts: FileFacts) -> Path | None:
        """The path of a blob, if it exists and is intact."""
        path = self.root / _BLOBS / facts.sha256
        try:
            return path if path.stat().st_size == facts.size and digest(path) == facts.sha256 else None
        except OSError:
            return None

    def prune(self) -> int:
        """Delete unused blobs, and leftovers of killed programs.

        Returns:
            number of bytes freed.
        """
        freed = 0
        for path in _children(self.incomplete):
            try:
                with self.lock(path.name, wait=False):
                    freed += sum(
                        p.stat().st_size for p in path.rglob("*") if p.is_file() and p.stat().st_nlink == 1
                    )
                    remove(path)
            except (Timeout, OSError):
                continue
        held = {facts.sha256 for entry in self.entries() for facts in entry.files.values()}
        for path in _children(self.root / _BLOBS):
            found = path.stat()
            if found.st_nlink == 1 and path.name not in held:
                path.unlink(missing_ok=True)
                freed += found.st_size
        return freed

    def _remove_leftovers(self) -> None:
        """Delete what killed programs were building; downloads stay, to be resumed."""
        for path in _children(self.incomplete):
            if path.name.startswith("new-"):
                lock = self.lock(path.name, wait=False)
                with suppress(Timeout, OSError), lock:
                    remove(path)
                    Path(lock.lock_file).unlink(missing_ok=True)

    def _place(self, staged: Path, target: Entry, files: Mapping[str, FileFacts], origin: str) -> Entry:
        if origin:  # first, so that a fetched entry never looks like one of the user's
            (self.root / ORIGINS).mkdir(parents=True, exist_ok=True)
            write_atomic(self.root / ORIGINS / target.address, f"{origin}\n")
        for name, facts in files.items():
            self._share(staged / name, facts)
        sync(staged)
        target.path.parent.mkdir(parents=True, exist_ok=True)
        self._remember(target.name, max(target.version, self._highest(target.name)))
        staged.rename(target.path)
        sync(target.path.parent, deep=False)
        return target

    def _share(self, file: Path, facts: FileFacts) -> None:
        """Hard-link a file and the blob of its content; without hard links no blob is created."""
        file.chmod(file.stat().st_mode & 0o444)
        blob = self.root / _BLOBS / facts.sha256
        blob.parent.mkdir(parents=True, exist_ok=True)
        try:
            if blob.exists() and blob.samefile(file):
                return
            if self.blob(facts):
                spare = file.with_name(f"{file.name}.link")
                os.link(blob, spare)
                spare.replace(file)
            else:
                spare = blob.with_name(f"{blob.name}.{token_hex(4)}")
                os.link(file, spare)
                spare.replace(blob)
        except OSError as error:
            if error.errno not in _NO_LINKS | {errno.ENOENT}:  # a concurrent prune
                raise

    def _next_version(self, name: str) -> int:
        self._refuse_other_spelling(name)
        return self._highest(name) + 1

    def _highest(self, name: str) -> int:
        """The highest version ever used, by shipped entries too."""
        known = [entry.version for entry in _entries_under(self.root, name)]
        if self.shipped:
            known += [entry.version for entry in _entries_under(self.shipped, name)]
        with suppress(OSError, ValueError):
            known.append(int(read_bytes(self.root / name / _LAST, 20)))
        return max(known, default=0)

    def _remember(self, name: str, version: int) -> None:
        write_atomic(self.root / name / _LAST, f"{version}\n")

    def _refuse_other_spelling(self, name: str) -> None:
        """Refuse a name that differs from another in case only: some disks don't distinguish them."""
        for other in _children(self.root):
            if other.name != name and other.name.lower() == name.lower():
                raise ZooError(
                    f"'{other.name}' already exists in the zoo; '{name}' differs from it in case only"
                )


def _manifest_text(facts: Mapping[str, Any]) -> str:
    """The text of a manifest with some facts, after all checks that reading it makes.

    Raises:
        ZooError: a fact or the name of a file is invalid.
    """
    try:
        text = emit(seal(facts))
        check_facts(json.loads(text))  # tuples have become lists
        if len(text.encode()) > MAX_MANIFEST_BYTES:
            raise ValueError(f"its facts are larger than {MAX_MANIFEST_BYTES:,} bytes")
    except (ValueError, TypeError) as error:
        raise ZooError(f"'{facts['name']}' can't be published: {error}") from None
    return text


def choose(versions: list[Entry], revision: str) -> Entry:
    """Choose a version of an entry by number or prefix of its id; the newest without a revision.

    Raises:
        ZooError: no version or several match.
    """
    if not revision:
        return versions[-1]
    matching = [entry for entry in versions if str(entry.version) == revision]
    if not matching and len(revision) >= _MIN_HASH:
        matching = [entry for entry in versions if entry.id.startswith(revision.removeprefix("sha256:"))]
    if len(matching) == 1:
        return matching[0]
    have = ", ".join(f"{entry.version} ({entry.id[:12]})" for entry in versions)
    raise ZooError(f"no version '{revision}' of zoo entry '{versions[0].name}'; versions: {have}")


def _entries_under(root: Path, only: str = "") -> list[Entry]:
    """The entries in a folder, or the versions of one of them.

    Raises:
        ZooError: a folder can't be read, so that an entry would seem to be missing.
    """
    found = []
    try:
        for folder in [root / only] if only else _children(root):
            if folder.name.startswith(".") or not folder.is_dir():
                continue
            versions = [path for path in folder.iterdir() if _VERSION.fullmatch(path.name)]
            found += [Entry(folder.name, int(p.name), p) for p in versions if (p / MANIFEST).exists()]
    except OSError as error:
        raise ZooError(f"{error.filename or root} can't be read: {error.strerror or error}") from None
    return sorted(found, key=lambda entry: (entry.name, entry.version))


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
