"""Files of nets and solvers: which there are, and their texts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from layerzoo.atomic import write_atomic
from layerzoo.catalogue.shipped import CONFIGS, head_sentence, shipped_configs
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.regular_file import read_bytes
from layerzoo.studio.routing import NotFoundError
from layerzoo.terminal_text import one_line

Kind = Literal["net", "solver", "blocks"]
SUFFIXES: Final = (".prototxt", ".yaml", ".yml")
MAX_BYTES: Final = 1 << 20
"""The largest text that can be edited."""
MAX_FILES: Final = 2000
_MAX_SEEN: Final = 50_000
_MAX_DEPTH: Final = 12
_SKIPPED: Final = re.compile(r"\..*|.*\.run|__pycache__|node_modules|site-packages")
_LAYER: Final = re.compile(r"^[ \t]*(?:-[ \t]*)?layers?[ \t]*[:{]", re.MULTILINE)
_ITEM: Final = re.compile(r"^[ \t]*-[ \t]*(?:\{[ \t]*)?(?:name|type)[ \t]*:", re.MULTILINE)
_SOLVER: Final = re.compile(
    r"^(?:base_lr|max_iter|lr_policy|net|train_net|test_iter|solver_mode|max_epochs)[ \t]*:", re.MULTILINE
)
_SUBNET: Final = re.compile(r"^subnet[ \t]*[:{]", re.MULTILINE)
_OUTER: Final = re.compile(r"^layers?[ \t]*[:{]", re.MULTILINE)
_NAME: Final = re.compile(r"^name[ \t]*:[ \t]*[\"']?([^\"'\n#]+)", re.MULTILINE)


@dataclass(frozen=True)
class NetFile:
    """A file of a net or solver.

    Attributes:
        path: as it is named in addresses: below the first folder of the studio, or whole.
        name: file name.
        folder: its folder, as ``path``.
        kind: net, solver, or blocks: a file of subnets for nets to include.
        about: the first sentence of its comment, or the net's name.
        layers: about how many layers the text has; 0 for solvers.
        bytes, modified: size, and time of the last change in seconds since 1970.
    """

    path: str
    name: str
    folder: str
    kind: Kind
    about: str
    layers: int
    bytes: int
    modified: float


@dataclass(frozen=True)
class Text:
    """A text of a file.

    Attributes:
        text: with line breaks as ``\\n``.
        version: names the content of the file, to notice changes.
        crlf: whether lines end with ``\\r\\n`` in the file.
    """

    text: str
    version: str
    crlf: bool = False


class ChangedError(UsageError):
    """A file has changed since it was read.

    Attributes:
        now: what it is now; None if it is gone.
    """

    def __init__(self, message: str, now: Text | None) -> None:
        super().__init__(message)
        self.now = now


def files(folders: Sequence[Path]) -> Iterator[Path]:
    """The files below some folders that may be configs; hidden folders and runs are left out."""
    seen = 0
    for folder in folders:
        for at, inner, names in os.walk(folder):
            depth = len(Path(at).relative_to(folder).parts)
            inner[:] = sorted(name for name in inner if depth < _MAX_DEPTH and not _SKIPPED.fullmatch(name))
            for name in sorted(names):
                seen += 1
                if seen > _MAX_SEEN:
                    return
                if name.endswith(SUFFIXES) and not name.startswith("."):
                    yield Path(at, name)


def describe(path: Path, shown: str) -> NetFile | None:
    """What a file is; None if it is no config."""
    try:
        stat = path.stat()
    except OSError:
        return None
    if not 0 < stat.st_size <= MAX_BYTES:
        return None
    kind, about, layers = _looked_at(str(path), stat.st_mtime_ns, stat.st_size)
    if kind is None:
        return None
    folder = shown.rpartition("/")[0]
    return NetFile(shown, path.name, folder, kind, about, layers, stat.st_size, stat.st_mtime)


@lru_cache(maxsize=2 * MAX_FILES)
def _looked_at(path: str, modified: int, size: int) -> tuple[Kind | None, str, int]:
    """Kind, description and number of layers of a file; time and size tell its versions apart."""
    try:
        text = read_bytes(path, MAX_BYTES).decode(errors="replace").replace("\r\n", "\n")
    except OSError:
        return None, "", 0
    kind = kind_of(text)
    if kind is None:
        return None, "", 0
    name = _NAME.search(text)
    about = head_sentence(text) or (name[1].strip() if name and kind != "solver" else "")
    layers = 0
    if kind != "solver":
        layers = len(_ITEM.findall(text)) if path.endswith((".yaml", ".yml")) else len(_LAYER.findall(text))
    return kind, about[:200], layers


def kind_of(text: str) -> Kind | None:
    """Whether a text is a net, a solver or blocks, by the names of its fields; None if it is none of these.

    >>> kind_of("layer { }"), kind_of("base_lr: 1"), kind_of("item { id: 1 }")
    ('net', 'solver', None)
    """
    layer, solver = _LAYER.search(text), _SOLVER.search(text)
    if solver and (not layer or solver.start() < layer.start()):
        return "solver"
    if layer and _SUBNET.search(text) and not _OUTER.search(text):
        return "blocks"
    return "net" if layer else None


def read(path: Path) -> Text:
    """The text of a file.

    Raises:
        UsageError: it is too large or no text.
        OSError: it can't be read.
    """
    data = read_bytes(path, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path.name} has more than {MAX_BYTES:,} bytes; edit it in another editor")
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not a text in UTF-8; is it a binary file?") from None
    return Text(text.replace("\r\n", "\n").replace("\r", "\n"), version_of(data), "\r\n" in text)


def version_of(data: bytes) -> str:
    """The name of a content."""
    return sha256(data).hexdigest()[:20]


def write(path: Path, text: str, version: str) -> Text:
    """Replace the text of a file, atomically; its line breaks and permissions stay.

    Args:
        path: the file.
        text: its new text.
        version: the version that is replaced; empty for a new file.

    Raises:
        ChangedError: the file has another version, or exists though it should be new.
        UsageError: the name is not that of a config.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"'{one_line(path.name)}' must end in {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise NotFoundError(f"no folder {path.parent.name}; make it first")
    now = read(path) if path.exists() else None
    if now is None and version:
        raise ChangedError(f"{path.name} has been removed since it was loaded", None)
    if now is not None and now.version != version:
        said = "has changed on disk since it was loaded" if version else "exists already"
        raise ChangedError(f"{path.name} {said}", now)
    data = (text.replace("\n", "\r\n") if now is not None and now.crlf else text).encode()
    mode = path.stat().st_mode if now is not None else None
    write_atomic(path.resolve(), data)
    if mode is not None:
        path.chmod(mode & 0o777)
    return Text(text, version_of(data), now.crlf if now is not None else False)


def free_name(path: Path) -> Path:
    """A path beside a file that nothing has: ``net_copy.yaml``, ``net_copy2.yaml`` …"""
    for number in range(1, 1000):
        name = f"{path.stem}_copy{number if number > 1 else ''}{path.suffix}"
        if not path.with_name(name).exists():
            return path.with_name(name)
    raise LayerzooError(f"{path.name} has a thousand copies")


def shipped_text(name: str) -> Text:
    """The text of a config that comes with Layerzoo.

    Raises:
        NotFoundError: there is none of the name.
    """
    if name not in shipped_configs():
        raise NotFoundError(f"no shipped config {one_line(name)}")
    return read(CONFIGS / name.removeprefix("configs/"))
