"""Find entries in stores and download them.

An entry is downloaded to ``.incomplete`` under its own lock; an interrupted download is resumed. All files
are verified by the manifest's sha256, and the manifest by the requested id, before the entry is moved to its
place. If a store is too slow, sends wrong data or changes during the download, that is an error.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Final

from layerzoo.errors import ZooError, did_you_mean, nearest
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.index import INDEX, MAX_INDEX_BYTES, Row, parse_index
from layerzoo.zoo.manifest import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    SIGNATURE,
    FileFacts,
    check_name,
    digest,
    files_of,
    parse,
)
from layerzoo.zoo.remotes import Remote
from layerzoo.zoo.signing import MAX_SIGNATURE_BYTES, check_signature
from layerzoo.zoo.store import LocalZoo
from layerzoo.zoo.stores import Store, StoreFault

Progress = Callable[[str, int, int], None]
"""Called with the name of a file, the number of bytes received, and its size."""

TRIES: Final = 3
"""Number of tries for each file and mirror."""
_AT_ONCE: Final = 4
_SPARE_BYTES: Final = 64 << 20
"""Space that stays free on the disk."""


def find(remotes: Sequence[Remote], name: str, revision: str = "") -> tuple[Remote, Row]:
    """Find the first store that has an entry, and its row in the index.

    Args:
        remotes: stores to search, in order.
        name: name of the entry.
        revision: version, or prefix of an id; empty for the newest version.

    Raises:
        ZooError: no store has it, or no store responds.
    """
    known: set[str] = set()
    others: list[str] = []
    silent: list[str] = []
    for remote in remotes:
        try:
            rows = listing(remote)
        except StoreFault as fault:
            silent.append(str(fault))
            continue
        known |= {row.name for row in rows}
        versions = [row for row in rows if row.name == name]
        fitting = [row for row in versions if not revision or revision in {str(row.version), row.id}]
        fitting = fitting or [row for row in versions if len(revision) >= 6 and row.id.startswith(revision)]
        if fitting:
            return remote, fitting[-1]
        if versions:
            have = ", ".join(f"{row.version} ({row.id[:12]})" for row in versions)
            others.append(f"{remote.name} has no revision '{revision}' of '{name}'; versions: {have}")
    if others:
        raise ZooError("; ".join([*others, *silent]))
    if silent and len(silent) == len(remotes):
        raise ZooError(f"no store responds: {'; '.join(silent)}")
    where = ", ".join(remote.name for remote in remotes)
    hint = did_you_mean(nearest(name, known)) or "layerzoo zoo search lists all entries"
    raise ZooError("; ".join([f"no entry '{name}' in {where}", *silent, hint]))


def listing(remote: Remote) -> list[Row]:
    """Read the index of a store.

    Raises:
        StoreFault: no mirror responds.
        ZooError: the index is damaged.
    """
    faults: list[str] = []
    for store in remote.stores():
        try:
            return parse_index(store.small(INDEX, MAX_INDEX_BYTES), store.url)
        except StoreFault as fault:
            faults.append(str(fault))
    raise StoreFault("; ".join(faults))


def fetch(
    zoo: LocalZoo, remote: Remote, row: Row, *, signed: bool = False, progress: Progress | None = None
) -> Entry:
    """Download an entry, unless the zoo has it.

    Args:
        zoo: target.
        remote: the store.
        row: the entry's row in the index.
        signed: require the signature of a trusted key.
        progress: called while files are downloaded.

    Raises:
        ZooError: the download failed, or the entry differs from the index; the zoo is left unchanged.
    """
    signed = signed or remote.signed
    stores = remote.stores()
    try:
        with zoo.lock(f"get-{row.id}"):
            try:
                present = zoo.get(f"{row.name}@{row.id}", shipped=False)
            except ZooError:
                pass
            else:
                check_signature(present, required=signed)
                return present
            folder = zoo.incomplete / f"get-{row.id}"
            folder.mkdir(parents=True, exist_ok=True)
            _download(zoo, stores, row, folder, progress)
            staged = Entry(row.name, row.version, folder)
            staged.verify()
            check_signature(staged, required=signed)
            return zoo.place(folder, row.name, row.version, origin=remote.urls[0])
    except OSError as error:
        raise ZooError(f"can't store {row.address} in {zoo.root}: {error.strerror or error}") from error


def _download(
    zoo: LocalZoo, stores: Sequence[Store], row: Row, folder: Path, progress: Progress | None
) -> None:
    base = f"{check_name(row.name)}/{row.version}"
    data = _any(stores, lambda store: store.small(f"{base}/{MANIFEST}", MAX_MANIFEST_BYTES))
    manifest = parse(data, f"{row.address} of {stores[0].url}")
    if manifest["id"] != row.id or (manifest["name"], manifest["version"]) != (row.name, row.version):
        raise ZooError(
            f"{row.address} of {stores[0].url} differs from the index (expected id {row.id[:12]}); "
            "the store may be changing: try again"
        )
    files = files_of(manifest)
    _clear(folder, {*files, MANIFEST, SIGNATURE})
    _check_room(folder, files)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = [
            pool.submit(_download_file, zoo, stores, f"{base}/{name}", folder / name, facts, progress)
            for name, facts in files.items()
        ]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    signature = _any(stores, lambda store: store.optional(f"{base}/{SIGNATURE}", MAX_SIGNATURE_BYTES))
    if signature is not None:
        (folder / SIGNATURE).write_bytes(signature)
    (folder / MANIFEST).write_bytes(data)


def _download_file(
    zoo: LocalZoo,
    stores: Sequence[Store],
    path: str,
    target: Path,
    facts: FileFacts,
    progress: Progress | None,
) -> None:
    """Get one file from a local blob, or download it, resuming a partial file."""

    def show(done: int) -> None:
        if progress is not None:
            progress(target.name, done, facts.size)

    if _is_right(target, facts):
        return show(facts.size)
    if blob := zoo.blob(facts):
        target.unlink(missing_ok=True)
        try:
            os.link(blob, target)
        except OSError:
            shutil.copyfile(blob, target)
        return show(facts.size)
    faults: list[str] = []
    for store in stores:
        for _ in range(TRIES):
            try:
                _receive(store, path, target, facts, show)
            except StoreFault as fault:
                faults.append(str(fault))
                if not fault.passing:
                    break
            else:
                return None
    raise ZooError(f"'{target.name}' can't be downloaded: {'; '.join(dict.fromkeys(faults))}")


def _receive(store: Store, path: str, target: Path, facts: FileFacts, show: Callable[[int], None]) -> None:
    have = target.stat().st_size if target.exists() else 0
    if have >= facts.size:
        target.unlink(missing_ok=True)
        have = 0
    hashed = sha256()
    if have:
        with target.open("rb") as file:
            while piece := file.read(1 << 20):
                hashed.update(piece)
    with store.open(path, have) as pieces, target.open("ab") as file:
        show(have)
        for piece in pieces:
            have += len(piece)
            if have > facts.size:
                file.close()
                target.unlink()
                raise StoreFault(f"{store.url}/{path} is larger than the expected {facts.size:,} bytes")
            file.write(piece)
            hashed.update(piece)
            show(have)
    if have < facts.size:
        message = f"{store.url}/{path} ended after {have:,} of {facts.size:,} bytes"
        raise StoreFault(message, passing=True)
    if hashed.hexdigest() != facts.sha256:
        target.unlink()
        raise StoreFault(f"{store.url}/{path} differs from the sha256 in the manifest", passing=True)


def _is_right(target: Path, facts: FileFacts) -> bool:
    try:
        return target.stat().st_size == facts.size and digest(target) == facts.sha256
    except OSError:
        return False


def _any(stores: Sequence[Store], ask: Callable[[Store], bytes | None]) -> bytes:
    """The response of the first mirror that succeeds."""
    faults: list[str] = []
    for store in stores:
        for _ in range(TRIES):
            try:
                return ask(store)  # type: ignore[return-value]  # None only where the caller asked for it
            except StoreFault as fault:
                faults.append(str(fault))
                if not fault.passing:
                    break
    raise StoreFault("; ".join(dict.fromkeys(faults)))


def _clear(folder: Path, known: set[str]) -> None:
    """Delete files of an earlier try that don't belong to the entry."""
    for path in folder.iterdir():
        if path.name not in known or path.is_symlink() or not path.is_file():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _check_room(folder: Path, files: dict[str, FileFacts]) -> None:
    have = sum(path.stat().st_size for path in folder.iterdir())
    needed = sum(facts.size for facts in files.values()) - have
    free = shutil.disk_usage(folder).free
    if needed > max(0, free - _SPARE_BYTES):
        raise ZooError(
            f"the download needs {needed / 1e9:,.2f} GB of disk space; {folder} has {free / 1e9:,.2f} GB free"
        )
