"""Putting entries into stores, and entry folders into the zoo."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from layerzoo.errors import ZooError
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.index import INDEX, MAX_INDEX_BYTES, Row, emit_index, parse_index
from layerzoo.zoo.manifest import MANIFEST, MAX_MANIFEST_BYTES, SIGNATURE, parse
from layerzoo.zoo.store import LocalZoo
from layerzoo.zoo.stores import Store


def push(entry: Entry, store: Store) -> bool:
    """Put an entry into a store that can be written to.

    Its files come first and the index last, so that the index never names what isn't there. Stores without a
    lock (all but folders) should have one writer at a time: of two at once, one may be missing in the index
    until it pushes again.

    Returns:
        whether anything had to be done.

    Raises:
        ZooError: the entry is damaged, the store has another one in its place, or it can't be written to.
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
                f"{store.url} has another {entry.address} ({present.id[:12]}, not {row.id[:12]}); "
                "what is published does not change: publish a new version"
            )
        files = [*entry.files, SIGNATURE, MANIFEST]
        for name in files:
            if (entry.path / name).exists():
                store.write(f"{base}/{name}", entry.path / name)
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(emit_index([*(one for one in rows if one.address != row.address), row]))
            file.flush()
            store.write(INDEX, Path(file.name))
    return True


def add(folder: Path, zoo: LocalZoo) -> Entry:
    """Copy an entry's folder, from wherever it comes, into the zoo.

    Raises:
        ZooError: it is no entry, damaged, or another one stands in its place.
    """
    try:
        with (folder / MANIFEST).open("rb") as file:
            manifest = parse(file.read(MAX_MANIFEST_BYTES + 1), str(folder))
        found = Entry(manifest["name"], manifest["version"], folder)
        found.verify()
        with zoo.staging() as staged:
            for name in (*found.files, MANIFEST, SIGNATURE):
                if (folder / name).exists():
                    shutil.copyfile(folder / name, staged / name, follow_symlinks=False)
            Entry(found.name, found.version, staged).verify()
            return zoo.place(staged, found.name, found.version, origin=str(folder.absolute()))
    except OSError as error:
        raise ZooError(f"{folder} can't be added: {error.strerror or error}") from error
