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
from layerzoo.zoo.bounded_json import check_integer, check_results, check_text, check_texts, parse_json

FORMAT: Final = 2
"""Version of the format; raised when older versions can't read it. 1 (before 0.2.0) can still be read."""
MANIFEST: Final = "entry.json"
SIGNATURE: Final = "signature.json"
"""The only other file that the manifest does not list, since it is created later."""

MAX_MANIFEST_BYTES: Final = 1 << 20
MAX_FILES: Final = 1000
MAX_FILE_BYTES: Final = 1 << 40
MAX_ENTRY_BYTES: Final = MAX_FILES * MAX_FILE_BYTES
MAX_VERSION: Final = 10**9 - 1
MAX_TEXT: Final = 1000
"""Characters of a text of one line, such as the title."""
MAX_DESCRIPTION: Final = 20_000
MAX_COMMAND: Final = 1 << 16
MAX_TAGS: Final = 100
MAX_RESULTS: Final = 100
_MAX_BLOBS: Final = 1000
_MAX_AXES: Final = 32
_MAX_COUNT: Final = 1 << 48

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RESERVED: Final = frozenset({MANIFEST, SIGNATURE})
_WINDOWS: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
)
"""Names that Windows reserves for devices, with any extension."""
_TYPES: Final[dict[str, type]] = {
    "name": str,
    "version": int,
    "layerzoo": str,
    "created": str,
    "title": str,
    "description": str,
    "license": str,
    "command": str,
    "dataset": str,
    "chosen_by": str,
    "scored_by": str,
    "iteration": int,
    "tags": list,
    "results": dict,
    "predicts": str,
    "preprocessing": dict,
    "net": dict,
    "files": dict,
    "id": str,
}
_SEVERAL_LINES: Final = {"description": MAX_DESCRIPTION, "command": MAX_COMMAND}


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
    """Check the name of an entry or of a file of an entry; it is valid on every operating system.

    Raises:
        ZooError: it has characters other than letters, digits, ``.``, ``_`` and ``-``, is too long, ends in a
            ``.``, or is reserved by Windows.
    """
    if not _NAME.fullmatch(name):
        shown = name if len(name) <= MAX_TEXT else f"{name[:MAX_TEXT]}…"
        raise ZooError(
            f"'{shown}' is not a valid name of {what}: use up to 100 letters, digits, '.', '_' and '-', "
            "starting with a letter or digit"
        )
    if _is_reserved(name):
        raise ZooError(f"'{name}' is not a valid name of {what}: Windows reserves it; choose another")
    return name


def _is_reserved(name: str) -> bool:
    """Whether Windows can't have a file of this name: a device, or a name that ends in a period."""
    return name.endswith(".") or name.lower().partition(".")[0] in _WINDOWS


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
        found = parse_json(data)
        same = isinstance(found, dict) and emit(found).encode() == data
    except ValueError as error:
        raise damaged(error) from None
    if not isinstance(found, dict) or type(found.get("format")) is not int:
        raise damaged("not the manifest of an entry")
    if found["format"] > FORMAT:
        raise ZooError(f"{where} was written by a newer Layerzoo, in format {found['format']}")
    if not same or found.get("id") != _id_of({k: v for k, v in found.items() if k != "id"}):
        raise damaged("differs from the published file")
    missing = [key for key in ("name", "version", "files") if key not in found]
    if missing:
        raise damaged(f"missing fields: {', '.join(missing)}")
    try:
        check_facts(found)
    except ValueError as error:
        raise damaged(error) from None
    return found


def check_facts(facts: Mapping[str, Any]) -> None:
    """Check the types and sizes of the fields of a manifest.

    Raises:
        ValueError: a field has the wrong type, is too long, or has control characters; or a file is not
            allowed.
        ZooError: the name of the entry or of a file is not valid.
    """
    for key, kind in _TYPES.items():
        if key in facts and type(facts[key]) is not kind:
            raise ValueError(f"'{key}' has the wrong type")
    for key, kind in _TYPES.items():
        if key in facts and kind is str:
            check_text(facts[key], f"'{key}'", _SEVERAL_LINES.get(key, MAX_TEXT), key in _SEVERAL_LINES)
    if "name" in facts:
        check_name(facts["name"])
    version = facts.get("version", 1)
    if not 1 <= version <= MAX_VERSION:
        raise ValueError(f"version {version} is not between 1 and {MAX_VERSION}")
    check_integer(facts.get("iteration", 0), "'iteration'", _MAX_COUNT)
    check_texts(facts.get("tags", []), "'tags'", MAX_TAGS, MAX_TEXT)
    check_results(facts.get("results", {}), "'results'", MAX_RESULTS, MAX_TEXT)
    _check_net(facts.get("net", {}))
    preprocessing = facts.get("preprocessing", {})
    size = preprocessing.get("size", [0, 0])
    if not (isinstance(size, list) and [type(side) for side in size] == [int, int]):
        raise ValueError("'size' of 'preprocessing' is not a height and a width")
    for key, value in preprocessing.items():
        check_text(key, "a field of 'preprocessing'", MAX_TEXT)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                check_text(one, f"'{key}' of 'preprocessing'", MAX_TEXT)
            elif type(one) not in {int, float}:
                raise ValueError(f"'{key}' of 'preprocessing' is neither a text nor a number")
    _check_files(facts.get("files", {}))


def _check_net(net: Mapping[str, Any]) -> None:
    """Check the figures of a net: name, layers, params, and the shapes of inputs and outputs.

    Raises:
        ValueError: one has the wrong type or is too large.
    """
    if not net:
        return
    if unknown := net.keys() ^ {"name", "layers", "params", "inputs", "outputs"}:
        raise ValueError(f"'net' has missing or unknown fields: {', '.join(sorted(unknown))[:MAX_TEXT]}")
    check_text(net["name"], "the name of 'net'", MAX_TEXT)
    check_integer(net["layers"], "'layers' of 'net'", _MAX_COUNT)
    check_integer(net["params"], "'params' of 'net'", _MAX_COUNT)
    for side in ("inputs", "outputs"):
        blobs = net[side]
        if type(blobs) is not dict or len(blobs) > _MAX_BLOBS:
            raise ValueError(f"'{side}' of 'net' is not an object of at most {_MAX_BLOBS} shapes")
        for name, shape in blobs.items():
            check_text(name, f"a name in '{side}'", MAX_TEXT)
            if type(shape) is not list or len(shape) > _MAX_AXES:
                raise ValueError(f"the shape of '{name}' is not a list of at most {_MAX_AXES} sizes")
            for size in shape:
                check_integer(size, f"a size of '{name}'", _MAX_COUNT)


def files_of(manifest: Manifest) -> dict[str, FileFacts]:
    """The files by name."""
    return {name: FileFacts(facts["sha256"], facts["size"]) for name, facts in manifest["files"].items()}


def digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _check_files(files: Mapping[str, Any]) -> None:
    if len(files) > MAX_FILES:
        raise ValueError(f"{len(files)} files; at most {MAX_FILES} are allowed")
    folded: set[str] = set()
    for name, facts in files.items():
        lower = name.lower()
        if lower in folded or lower in _RESERVED or (_NAME.fullmatch(name) and _is_reserved(name)):
            raise ValueError(f"the file name '{name}' is reserved or differs from another in case only")
        check_name(name, "a file of a zoo entry")
        folded.add(lower)
        right = isinstance(facts, dict) and facts.keys() == {"sha256", "size"}
        if not (right and isinstance(facts["sha256"], str) and _SHA256.fullmatch(facts["sha256"])):
            raise ValueError(f"'{name}' has no valid sha256 and size")
        if type(facts["size"]) is not int or not 0 <= facts["size"] <= MAX_FILE_BYTES:
            raise ValueError(f"'{name}' has the invalid size {facts['size']}")


def _id_of(manifest: Manifest) -> str:
    return sha256(emit(manifest).encode()).hexdigest()
