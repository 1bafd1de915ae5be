"""``download_model_binary.py``: download the weights named in a model's ``readme.md``, and verify them."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath, PureWindowsPath
from time import monotonic
from typing import IO
from urllib.request import urlopen

from layerzoo.atomic import atomic_path
from layerzoo.errors import ConfigError, Fault, LayerzooError, ZooError
from layerzoo.nodes import Node, yaml
from layerzoo.regular_file import open_regular, open_text
from layerzoo.source import Source

_CHUNK = 1 << 20
_MAX_README = 1 << 20
_TIMEOUT = 60


@dataclass(frozen=True)
class Binary:
    """A readme's description of a model's weights.

    Attributes:
        file: path to store the weights at.
        url: address of the weights.
        sha1: SHA-1 of the file, in hex.
    """

    file: Path
    url: str
    sha1: str


def main(argv: Sequence[str]) -> int:
    """Run the tool with Caffe's arguments; return the exit code."""
    parser = argparse.ArgumentParser(
        "download_model_binary.py", description="Download and verify the weights of a model of Caffe's zoo."
    )
    parser.add_argument("dirname", help="the model's folder, which contains a readme.md")
    binary = read_readme(Path(parser.parse_args(argv).dirname))
    if binary.file.exists() and sha1_of(binary.file) == binary.sha1:
        print("Model already exists.")
    else:
        download(binary)
        print(f"wrote {binary.file}")
    return 0


def read_readme(folder: Path) -> Binary:
    """Read the front matter of a folder's ``readme.md``.

    Raises:
        ConfigError: the readme or one of ``caffemodel``, ``caffemodel_url`` and ``sha1`` is missing, the
            file name contains a folder, or the address isn't http or https.
    """
    path = folder / "readme.md"
    try:
        with open_text(path, "replace") as file:
            text = file.read(_MAX_README)
    except OSError as error:
        raise ConfigError(Fault(f"{path} can't be read: {error.strerror or error}")) from None
    lines = text.splitlines(keepends=True)
    marks = [number for number, line in enumerate(lines) if line.strip() == "---"][:2]
    if len(marks) < 2:
        raise ConfigError(Fault(f"{path} has no front matter; expected lines between two lines '---'"))
    # leading blank lines keep the line numbers of the readme
    source = Source(str(path), "\n" * (marks[0] + 1) + "".join(lines[marks[0] + 1 : marks[1]]), True)
    faults: list[Fault] = []
    root = yaml.read(source, faults)
    if faults:
        raise ConfigError(faults)
    name, url, sha1 = (_required(root, key, path) for key in ("caffemodel", "caffemodel_url", "sha1"))
    if not is_plain_name(name.text or ""):
        message = f"caffemodel '{name.text}'; expected a file name without a folder"
        raise ConfigError(Fault(message, name.value_origin))
    if not (url.text or "").startswith(("http://", "https://")):
        raise ConfigError(Fault(f"caffemodel_url '{url.text}'; expected https://…", url.value_origin))
    return Binary(folder / (name.text or ""), url.text or "", (sha1.text or "").lower())


def is_plain_name(name: str) -> bool:
    """Whether a name is a file name without a folder, on any operating system."""
    return name not in ("", ".", "..") and PurePosixPath(name).name == PureWindowsPath(name).name == name


def download(binary: Binary) -> None:
    """Download weights; the file appears once it is complete and its SHA-1 is verified.

    Raises:
        ZooError: the SHA-1 differs from the readme's.
        LayerzooError: the download failed, or the file can't be written.
    """
    digest = hashlib.sha1(usedforsecurity=False)
    try:
        with _opened(binary.url) as (source, size), atomic_path(binary.file) as part, part.open("wb") as file:
            progress = _Progress(size)
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
                progress.add(len(chunk))
            progress.end()
            if digest.hexdigest() != binary.sha1:
                raise ZooError(
                    f"{binary.url} has the SHA-1 {digest.hexdigest()}; readme.md expects {binary.sha1}: "
                    "truncated or another file; nothing was stored"
                )
    except (OSError, HTTPException, ValueError) as error:
        raise LayerzooError(f"{binary.url} can't be downloaded to {binary.file}: {error}") from None


def sha1_of(path: Path) -> str:
    """Return the SHA-1 of a file, in hex."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()


@contextmanager
def _opened(url: str) -> Iterator[tuple[IO[bytes], int]]:
    with urlopen(url, timeout=_TIMEOUT) as response:
        yield response, int(response.headers.get("Content-Length") or 0)


def _required(root: Node, key: str, path: Path) -> Node:
    node = root.first(key)
    if node is None or not node.text:
        raise ConfigError(Fault(f"'{key}' is missing from the front matter of {path}"))
    return node


class _Progress:
    """A line on a terminal with a download's progress."""

    def __init__(self, size: int) -> None:
        self._size, self._done, self._start = size, 0, monotonic()
        self._shown = sys.stdout.isatty()

    def add(self, count: int) -> None:
        self._done += count
        if self._shown:
            part = f"{100 * self._done // self._size}%, " if self._size else ""
            rate = self._done / 1024 / max(monotonic() - self._start, 1e-3)
            print(f"\r...{part}{self._done >> 20} MB, {rate:.0f} KB/s", end="", flush=True)

    def end(self) -> None:
        if self._shown:
            print()
