"""Find the config files of a folder."""

from __future__ import annotations

from pathlib import Path

from layerzoo.errors import ConfigError, UsageError
from layerzoo.loader.files import looks_like, read_source

_SUFFIXES = frozenset((".prototxt", ".pbtxt", ".pt", ".yaml", ".yml"))
_AMBIGUOUS_SUFFIXES = frozenset((".txt",))


def config_files(folder: Path) -> list[Path]:
    """Find all config files below a folder, by their suffix; a ``.txt`` file must also look like a config.

    Raises:
        UsageError: ``folder`` is not a directory.
    """
    if not folder.is_dir():
        raise UsageError(f"'{folder}' is not a directory")
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in files if p.suffix.lower() in _SUFFIXES or _is_config(p))


def _is_config(path: Path) -> bool:
    if path.suffix.lower() not in _AMBIGUOUS_SUFFIXES:
        return False
    try:
        return looks_like(read_source(path).text) == "prototxt"
    except ConfigError:
        return False
