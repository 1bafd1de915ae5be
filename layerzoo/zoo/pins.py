"""Read and write ``zoo.lock``, the pinned revision of each entry that a project uses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from layerzoo.atomic import write_atomic
from layerzoo.errors import ZooError
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.manifest import check_name

PINS: Final = "zoo.lock"
_FORMAT = 1


def read_pins(path: Path) -> dict[str, str]:
    """The pinned ids by name; empty if the file is missing.

    Raises:
        ZooError: the file is damaged.
    """
    try:
        found = json.loads(path.read_bytes())
        pins = {check_name(name): pin["id"] for name, pin in found["entries"].items()}
        if found["format"] != _FORMAT or not all(re.fullmatch("[0-9a-f]{64}", i) for i in pins.values()):
            raise ValueError("unknown format or invalid id")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ZooError(f"{path}: not a list of pinned entries: {error}") from None
    return pins


def pin(path: Path, entry: Entry) -> None:
    """Pin an entry, replacing another pin of its name.

    Raises:
        ZooError: the file is damaged, or can't be written.
    """
    kept: dict[str, Mapping[str, object]] = {}
    if read_pins(path):
        kept = json.loads(path.read_bytes())["entries"]
    kept[entry.name] = {"version": entry.version, "id": entry.id}
    text = json.dumps({"format": _FORMAT, "entries": dict(sorted(kept.items()))}, indent=1)
    try:
        write_atomic(path, f"{text}\n")
    except OSError as error:
        raise ZooError(f"{path} can't be written: {error.strerror or error}") from None
