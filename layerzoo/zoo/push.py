"""Push entries to stores, and add folders of entries to the zoo."""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path

from layerzoo.errors import ZooError
from layerzoo.loader import load_net
from layerzoo.regular_file import open_regular, read_bytes
from layerzoo.zoo.entry import NET, Entry
from layerzoo.zoo.index import INDEX, MAX_INDEX_BYTES, Row, emit_index, parse_index
from layerzoo.zoo.manifest import MANIFEST, MAX_MANIFEST_BYTES, SIGNATURE, parse
from layerzoo.zoo.store import LocalZoo
from layerzoo.zoo.stores import Store
from layerzoo.zoo.trust import paths_in

log = logging.getLogger("layerzoo")


def push(entry: Entry, store: Store) -> bool:
    """Write an entry to a store.

    The index is written after the files, so that it never lists missing files. Stores without a lock (all but
    folders) should have one writer at a time: if two write at once, the entry of one can be missing in the
    index until it is pushed again. A warning names data of this machine that the net names.

    Returns:
        whether anything was written.

    Raises:
        ZooError: the entry is damaged, the store has a different entry of this version, or writing failed.
    """
    entry.verify()
    base = f"{entry.name}/{entry.version}"
    row = Row.of(entry)
    with store.exclusively():
        data = store.optional(INDEX, MAX_INDEX_BYTES)
        rows = parse_index(data, store.url) if data is not None else []
        present = next((one for one in rows if one.address == row.address), None)
        if present == row:
            return False
        if present is not None and present.id != row.id:
            raise ZooError(
                f"{store.url} has a different {entry.address} ({present.id[:12]}, not {row.id[:12]}); "
                "published versions can't be changed: publish a new one"
            )
        files = [*entry.files, SIGNATURE, MANIFEST]
        _warn_of_paths(entry)
        for name in files:
            if (entry.path / name).exists():
                store.write(f"{base}/{name}", entry.path / name)
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(emit_index([*(one for one in rows if one.address != row.address), row]))
            file.flush()
            store.write(INDEX, Path(file.name))
    return True


def _warn_of_paths(entry: Entry) -> None:
    """Warn of absolute paths, which say something of this machine and are of no use on another one."""
    if NET not in entry:
        return
    paths = sorted(path for path in paths_in(load_net(entry.file(NET)).message) if Path(path).is_absolute())
    if paths:
        log.warning(
            "%s names data by its place on this machine: %s. Whoever gets it sees that, and gives "
            "-set net.layer[…] with a place of their own to test it",
            entry.address,
            ", ".join(paths),
        )


def add(folder: Path, zoo: LocalZoo) -> Entry:
    """Copy the folder of an entry into the zoo.

    Raises:
        ZooError: the folder is not an entry, damaged, or the zoo has a different entry of this version.
    """
    try:
        manifest = parse(read_bytes(folder / MANIFEST, MAX_MANIFEST_BYTES + 1), str(folder))
        found = Entry(manifest["name"], manifest["version"], folder)
        found.verify()
        with zoo.staging() as staged:
            for name in (*found.files, MANIFEST, SIGNATURE):
                if name != SIGNATURE or (folder / name).exists():
                    with open_regular(folder / name) as source, (staged / name).open("wb") as copy:
                        shutil.copyfileobj(source, copy, 1 << 20)
            Entry(found.name, found.version, staged).verify()
            return zoo.place(staged, found.name, found.version, origin=str(folder.absolute()))
    except OSError as error:
        raise ZooError(f"{folder} can't be added: {error.strerror or error}") from error
