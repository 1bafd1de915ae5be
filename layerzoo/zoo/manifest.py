"""Read and write manifests, ``entry.json``: size and sha256 of the files of an entry, and facts for its card.

The text is canonical (`emit`), and its ``id`` is the sha256 of the rest, so that every change of the manifest
or a file is detected. Manifests are untrusted: sizes and types are checked before anything else uses them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from layerzoo.errors import ZooError

FORMAT: Final = 2
"""Version of the format; raised when older versions can't read it. 1 (before 0.2.0) can still be read."""
MANIFEST: Final = "entry.json"
SIGNATURE: Final = "signature.json"
"""The only other file that the manifest does not list, since it is created later."""

MAX_MANIFEST_BYTES: Final = 1 << 20
MAX_FILES: Final = 1000
MAX_FILE_BYTES: Final = 1 << 40

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RESERVED: Final = frozenset({"con", "prn", "aux", "nul", MANIFEST, SIGNATURE})
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "name": str,
    "version": int,
    "layerzoo": str,
    "created": str,
    "title": str,
    "description": str,
    "license": str,
    "command": str,
    "dataset": str,
    "iteration": int,
    "tags": list,
    "results": dict,
    "preprocessing": dict,
    "net": dict,
    "files": dict,
    "id": str,
}


class FileFacts(NamedTuple):
    """Size and sha256 of a file.

    Attributes:
        sha256: in hexadecimal.
        size: number of bytes.
    """

    sha256: str
    size: int

    @classmethod
    def of(cls, path: Path) -> FileFacts:
        """The facts of a file on disk."""
        return cls(digest(path), path.stat().st_size)


Manifest = Mapping[str, Any]
"""A validated manifest as JSON values."""


def check_name(name: str, what: str = "a zoo entry") -> str:
    """Check the name of an entry or of a file of an entry.

    Raises:
        ZooError: it has characters other than letters, digits, ``.``, ``_`` and ``-``, or is too long.
    """
    if not _NAME.fullmatch(name):
        raise ZooError(
            f"'{name}' is not a valid name of {what}: use up to 100 letters, digits, '.', '_' and '-', "
            "starting with a letter or digit"
        )
    return name


def seal(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Build a manifest from facts, with format and id; empty facts are left out."""
    kept = {key: value for key, value in facts.items() if key == "files" or value not in (None, "", [], {})}
    manifest = {"format": FORMAT, **kept}
    manifest.pop("id", None)
    return {**manifest, "id": _id_of(manifest)}


def emit(manifest: Manifest) -> str:
    """The canonical text of a manifest."""
    return json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def parse(data: bytes, where: str) -> dict[str, Any]:
    """Parse and validate a manifest.

    Args:
        data: content of the file.
        where: name of the entry in error messages.

    Raises:
        ZooError: it is damaged, lists unsafe file names, or has a newer format.
    """

    def damaged(why: object) -> ZooError:
        return ZooError(f"{where} is damaged: {MANIFEST}: {why}")

    if len(data) > MAX_MANIFEST_BYTES:
        raise damaged(f"larger than {MAX_MANIFEST_BYTES:,} bytes")
    try:
        found = json.loads(data, parse_constant=_refuse_constant)
        same = isinstance(found, dict) and emit(found).encode() == data
    except (ValueError, RecursionError) as error:
        raise damaged(error) from None
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise damaged("not the manifest of an entry")
    if found["format"] > FORMAT:
        raise ZooError(f"{where} was written by a newer Layerzoo, in format {found['format']}")
    if not same or found.get("id") != _id_of({k: v for k, v in found.items() if k != "id"}):
        raise damaged("differs from the published file")
    for key, kind in _TYPES.items():
        if not isinstance(found.get(key, kind() if isinstance(kind, type) else None), kind):
            raise damaged(f"'{key}' has the wrong type")
    missing = [key for key in ("name", "version", "files") if key not in found]
    if missing:
        raise damaged(f"missing fields: {', '.join(missing)}")
    check_name(found["name"])
    if found["version"] < 1:
        raise damaged(f"version {found['version']} is not positive")
    _check_files(found["files"], damaged)
    return found


def files_of(manifest: Manifest) -> dict[str, FileFacts]:
    """The files by name."""
    return {name: FileFacts(facts["sha256"], facts["size"]) for name, facts in manifest["files"].items()}


def digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _check_files(files: Mapping[str, Any], damaged: Any) -> None:
    if len(files) > MAX_FILES:
        raise damaged(f"{len(files)} files; at most {MAX_FILES} are allowed")
    folded: set[str] = set()
    for name, facts in files.items():
        check_name(name, "a file of a zoo entry")
        stem = name.lower()
        if stem in folded or stem in _RESERVED:
            raise damaged(f"the file name '{name}' is reserved or differs from another in case only")
        folded.add(stem)
        right = isinstance(facts, dict) and facts.keys() == {"sha256", "size"}
        if not (right and isinstance(facts["sha256"], str) and _SHA256.fullmatch(facts["sha256"])):
            raise damaged(f"'{name}' has no valid sha256 and size")
        if type(facts["size"]) is not int or not 0 <= facts["size"] <= MAX_FILE_BYTES:
            raise damaged(f"'{name}' has the invalid size {facts['size']}")


def _id_of(manifest: Manifest) -> str:
    return sha256(emit(manifest).encode()).hexdigest()


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")
