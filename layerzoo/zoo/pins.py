"""Read and write ``zoo.lock``, the pinned revision of each entry that a project uses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from layerzoo.atomic import write_atomic
from layerzoo.errors import ZooError
from layerzoo.regular_file import read_bytes
from layerzoo.zoo.bounded_json import check_integer, check_text, parse_json
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.manifest import MAX_VERSION, check_name

PINS: Final = "zoo.lock"
_FORMAT = 1
_MAX_BYTES: Final = 1 << 20


def read_pins(path: Path) -> dict[str, str]:
    """The pinned ids by name; empty if the file is missing.

    Raises:
        ZooError: the file is damaged.
    """
    return {name: str(pinned["id"]) for name, pinned in _read(path).items()}


def pin(path: Path, entry: Entry) -> None:
    """Pin an entry, replacing another pin of its name.

    Raises:
        ZooError: the file is damaged, or can't be written.
    """
    kept = _read(path)
    kept[entry.name] = {"version": entry.version, "id": entry.id}
    text = json.dumps({"format": _FORMAT, "entries": dict(sorted(kept.items()))}, indent=1)
    try:
        write_atomic(path, f"{text}\n")
    except OSError as error:
        raise ZooError(f"{path} can't be written: {error.strerror or error}") from None


def _read(path: Path) -> dict[str, dict[str, object]]:
    """Version (if given) and id of each pinned entry.

    Raises:
        ZooError: the file is damaged.
    """
    try:
        data = read_bytes(path, _MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise ValueError(f"larger than {_MAX_BYTES:,} bytes")
        found = parse_json(data)
        if not (isinstance(found, dict) and isinstance(found.get("entries"), dict)):
            raise ValueError("it has no 'entries'")
        if found.get("format") != _FORMAT:
            raise ValueError("unknown format")
        return {check_name(name): _checked(name, pinned) for name, pinned in found["entries"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, ZooError) as error:
        why = getattr(error, "strerror", None) or error
        raise ZooError(f"{path}: not a list of pinned entries: {why}") from None


def _checked(name: str, pinned: object) -> dict[str, object]:
    """A pin of a file.

    Raises:
        ValueError: the id is missing, or a value is wrong.
    """
    if not isinstance(pinned, dict):
        raise ValueError(f"'{name}' is not an object")
    identity = check_text(pinned.get("id"), f"the id of '{name}'", 64)
    if not re.fullmatch("[0-9a-f]{64}", identity):
        raise ValueError(f"the id of '{name}' is not a sha256")
    version = check_integer(pinned.get("version", 1), f"the version of '{name}'", MAX_VERSION, 1)
    return {"version": version, "id": identity} if "version" in pinned else {"id": identity}
