"""The config files of a folder."""

from __future__ import annotations

from pathlib import Path

from layerzoo.errors import ConfigError, UsageError
from layerzoo.loader.files import looks_like, read_source

_SUFFIXES = frozenset((".prototxt", ".pbtxt", ".pt", ".yaml", ".yml"))
_PERHAPS = frozenset((".txt",))


def config_files(folder: Path) -> list[Path]:
    """All files below a folder that are configs by their name; a ``.txt`` has to look like one.

    Raises:
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"no folder '{folder}'")
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in files if p.suffix.lower() in _SUFFIXES or _is_config(p))


def _is_config(path: Path) -> bool:
    if path.suffix.lower() not in _PERHAPS:
        return False
    try:
        return looks_like(read_source(path).text) == "prototxt"
    except ConfigError:
        return False
