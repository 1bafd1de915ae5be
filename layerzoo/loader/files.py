"""Find and read config files.

A path from the user is searched in the working folder, then among the configs of the package; a path inside a
config, first beside that config.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from stat import S_ISDIR
from typing import Final, Literal

from layerzoo import home
from layerzoo.errors import ConfigError, Fault, did_you_mean, nearest
from layerzoo.nodes import MAX_BYTES
from layerzoo.regular_file import open_regular
from layerzoo.source import Origin, Source

Format = Literal["prototxt", "yaml"]

PACKAGE: Final = home.PACKAGE
"""The folder of the installed package, which contains ``configs`` and ``model_zoo``."""
_SHIPPED: Final = ("configs", "model_zoo")
_SUFFIXES: Final[dict[str, Format]] = {
    ".prototxt": "prototxt",
    ".pbtxt": "prototxt",
    ".txt": "prototxt",
    ".yaml": "yaml",
    ".yml": "yaml",
}
_MAX_LISTED = 1000
_SNIFFED = 8192
_LOOKED_AT = 100_000
_BINARY_STARTS: Final = {b"\x89HDF": "an HDF5 file", b"PK\x03\x04": "a zip file", b"\x1f\x8b": "a gzip file"}
_BINARY_SUFFIXES: Final = {
    ".caffemodel": "Caffe weights",
    ".solverstate": "a Caffe snapshot",
    ".binaryproto": "a binary Caffe message",
    ".safetensors": "weights",
}
_STREAMS: Final = re.compile(r"/dev/stdin|/dev/fd/\d+|/proc/self/fd/\d+")
_BRACES: Final = re.compile(r"^[ \t]*\w+[ \t]*(?:\r?\n[ \t]*)?[{<]", re.MULTILINE)
_COLON_BRACES: Final = re.compile(r"^[ \t]*\w+[ \t]*:[ \t]*[{<][ \t]*(?:#.*)?\r?$", re.MULTILINE)
_BARE_TEXT: Final = re.compile(r"^\w+:[ \t]+(?!true\b|false\b|inf\b|nan\b)[a-z./~]", re.MULTILINE)
_INDENTED: Final = re.compile(
    r"^[ \t]*- |^(?:---|%YAML)|^[ \t]*\w+:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*(?:- |\w+:)",
    re.MULTILINE,
)


def find_config(path: str | os.PathLike[str], relative_to: Path | None = None) -> Path:
    """Find the file of a path.

    Args:
        path: as the user wrote it.
        relative_to: the folder of the config that names it; None for a path of the command line.

    Raises:
        ConfigError: the file does not exist; the hint lists the places searched and similar names.
    """
    wanted = Path(os.path.expanduser(path))  # noqa: PTH111 (Path.expanduser raises for an unknown user)
    tried: list[Path] = []
    folder: Path | None = None
    for candidate in _candidates(wanted, relative_to):
        try:
            mode = candidate.stat().st_mode
        except (OSError, ValueError):  # missing, or not a valid name
            mode = None
        if mode is not None and not S_ISDIR(mode):
            return candidate
        if mode is not None:
            folder = folder or candidate
        if candidate not in tried:
            tried.append(candidate)
    if folder is not None:
        hint = _near(wanted, [folder / "x"])
        raise ConfigError(Fault(f"'{path}' is a directory; expected a file", hint=hint))
    places = ", ".join(str(t) for t in tried)
    beside = (relative_to or Path()) / wanted.name
    hint = _near(wanted, [*tried, beside]) or "check the path"
    raise ConfigError(Fault(f"no file '{path}'", hint=f"searched {places}; {hint}"))


def find_include(name: str, of: Path | None) -> Path:
    """Find a file that a config includes: in the config's own folder, then among the configs of the package.

    Args:
        name: the path as the config has it.
        of: the config; None for a text, which can only include files of the package.

    Raises:
        ConfigError: it does not exist, or its path leaves these folders.
    """
    wanted = Path(name)
    if wanted.is_absolute() or ".." in wanted.parts or "~" in wanted.parts[:1]:
        hint = "an included file stands in the folder of the config or below, or in the package"
        raise ConfigError(Fault(f"'{name}' leaves the folder of the config", hint=hint))
    folders = [*([of.parent] if of is not None else []), PACKAGE / "configs"]
    for folder in folders:
        path = folder / wanted
        try:
            is_file = path.is_file()
            inside = path.resolve().is_relative_to(folder.resolve())
        except (OSError, ValueError):  # not a valid name
            is_file = inside = False
        if is_file and not inside:
            raise ConfigError(Fault(f"'{name}' leaves the folder of the config by a link"))
        if is_file:
            return path
    places = ", ".join(_shown(folder / wanted) for folder in folders)
    near = _near(wanted, [folder / wanted for folder in folders])
    raise ConfigError(
        Fault(f"no file '{name}' to include", hint=f"searched {places}; {near or 'check the path'}")
    )


def read_source(path: Path, name: str | None = None, from_user: bool = False) -> Source:
    """Read a config file; bytes that are not UTF-8 become lone surrogates, a byte-order mark is dropped.

    Args:
        path: the file, which must be a regular one.
        name: its name in messages; None for the path.
        from_user: the path comes from the command line or a program, not from a config: it may also be
            ``/dev/stdin``, or the ``/dev/fd/N`` of a shell's ``<(command)``.

    Raises:
        ConfigError: it can't be read, is empty, binary, or larger than `MAX_BYTES`.
    """
    name = name or _shown(path)
    try:
        is_stream = from_user and _STREAMS.fullmatch(str(path))
        with path.open("rb") if is_stream else open_regular(path) as file:
            if (size := os.fstat(file.fileno()).st_size) > MAX_BYTES:
                raise _refused(name, f"{size:,} bytes; a config has at most {MAX_BYTES:,}")
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refused(name, f"can't be read: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise _refused(name, f"more than {MAX_BYTES:,} bytes")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _refused(name, "UTF-16 text", "save it as UTF-8")
    kind = next((kind for start, kind in _BINARY_STARTS.items() if data.startswith(start)), None)
    if kind or b"\0" in data[:_SNIFFED]:
        kind = _BINARY_SUFFIXES.get(path.suffix) or kind or "not text"
        hint = "pass weights with -weights, a snapshot with -snapshot"
        raise _refused(name, f"binary ({kind}); expected a config in prototxt or YAML", hint)
    if not data.strip():
        raise _refused(name, "empty; expected a config")
    text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    return Source(name, text, bare_strings=format_of(path, text) == "yaml")


def format_of(path: Path | None, text: str) -> Format:
    """The format of a config: by the suffix of its name, else by the look of its text."""
    by_name = _SUFFIXES.get(path.suffix.lower()) if path is not None else None
    return by_name or looks_like(text) or "prototxt"


def looks_like(text: str) -> Format | None:
    """The format that a text looks like; None if it looks like both or neither."""
    text = text[:_LOOKED_AT]
    braces, indented = _BRACES.search(text), _INDENTED.search(text)
    if braces or indented:
        return None if braces and indented else "prototxt" if braces else "yaml"
    if _COLON_BRACES.search(text):
        return "prototxt"
    return "yaml" if _BARE_TEXT.search(text) else None


def not_found(error: ConfigError, origin: Origin | None) -> list[Fault]:
    """The faults of a file that a config names, at the position of its name in the config."""
    return [Fault(fault.message, fault.origin or origin, fault.hint) for fault in error.faults]


def _candidates(wanted: Path, relative_to: Path | None) -> list[Path]:
    if wanted.is_absolute():
        return [wanted]
    paths = [relative_to / wanted] if relative_to is not None else []
    shipped = wanted if wanted.parts[:1] and wanted.parts[0] in _SHIPPED else Path("configs") / wanted
    paths.append(wanted)
    return paths if ".." in wanted.parts else [*paths, PACKAGE / shipped]


def _near(wanted: Path, tried: Sequence[Path]) -> str | None:
    """A hint with configs of similar names in the folders of the tried paths; None if there are none."""
    stems: dict[str, Path] = {}
    for folder in dict.fromkeys(t.parent for t in tried):
        try:
            for entry in islice(os.scandir(folder), _MAX_LISTED):
                path = folder / entry.name
                known = stems.get(path.stem)
                better = known is None or (known.parent == folder and path.suffix == wanted.suffix)
                if path.suffix in _SUFFIXES and better and entry.is_file():
                    stems[path.stem] = path
        except OSError:
            continue
    return did_you_mean([_shown(stems[stem]) for stem in nearest(wanted.stem, stems, 2, 0.75)])


def _shown(path: Path) -> str:
    """A path as the user would write it: relative to the working folder or the package if it is inside."""
    for base in (Path.cwd(), PACKAGE):
        if path.is_absolute() and path.is_relative_to(base):
            return str(path.relative_to(base))
    return str(path)


def _refused(name: str, what: str, hint: str | None = None) -> ConfigError:
    return ConfigError(Fault(f"{name}: {what}", hint=hint))
