"""The history of a sharded run on disk: each process writes the rows that it holds.

Torch's distributed checkpoint writes the files, one for each process, in its safetensors storage: a tensor in
each of them is a range of rows, whose place stands in the file's metadata. They are read here, and not by
torch, which doesn't check that the ranges make up a tensor, and doesn't read in the sandbox.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeGuard

import torch
from safetensors import safe_open
from torch import Tensor

from layerzoo.blobs.sandboxed import tensor_of
from layerzoo.errors import LayerzooError, SnapshotError
from layerzoo.reader import sandbox
from layerzoo.reader.tensor_file import open_file

FOLDER: Final = "history"
"""The folder of the files, in that of a snapshot."""
_NAME: Final = re.compile(FOLDER + r"/shard-\d{5}-model-00001-of-00001\.safetensors")
_PLACES: Final = "DCP_SHARDING_INFO"
_OFFSETS: Final = "saved_offsets"
_MOST_ROWS: Final = 1 << 62


class Piece(NamedTuple):
    """A range of rows in a file.

    Attributes:
        first: its first row in the whole tensor.
        shape: its shape.
        file: index of the file.
    """

    first: int
    shape: tuple[int, ...]
    file: int


def is_shard(name: str) -> bool:
    """Whether a name, relative to a snapshot's folder, is that of such a file."""
    return bool(_NAME.fullmatch(name))


def write_shards(folder: Path, tensors: Mapping[str, Any]) -> None:
    """Write this process's rows of tensors; all processes call it together.

    Args:
        folder: the folder of the files, which all processes reach.
        tensors: torch's distributed tensors by name.

    Raises:
        OSError: a process can't write; raised in all of them.
        RuntimeError: another process has ended.
    """
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageWriter
    from torch.distributed.checkpoint.state_dict_saver import save

    try:
        save(dict(tensors), storage_writer=HuggingFaceStorageWriter(str(folder), save_distributed=True))
    except CheckpointException as error:
        raise _cause(error) from None


def shard_name(rank: int) -> str:
    """The name of the file of a process, relative to a snapshot's folder."""
    return f"{FOLDER}/shard-{rank + 1:05}-model-00001-of-00001.safetensors"


class StoredShards:
    """The tensors of such files; use it as a context manager.

    Args:
        files: the files.

    Attributes:
        shapes: the shape of each whole tensor, by name.

    Raises:
        SnapshotError: the rows in the files don't make up whole tensors.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = [_File(path) for path in files]
        pieces: dict[str, list[Piece]] = {}
        for index, file in enumerate(self._files):
            for name, (first, shape) in file.places.items():
                pieces.setdefault(name, []).append(Piece(first, shape, index))
        self._pieces = {name: sorted(found) for name, found in pieces.items()}
        self.shapes = {name: _whole(name, found) for name, found in self._pieces.items()}

    def __enter__(self) -> StoredShards:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def read(self, name: str, rows: range | None = None) -> Tensor:
        """Some rows of a tensor, or all of them.

        Raises:
            SnapshotError: a file can't be read, or has numbers of different types.
        """
        shape = self.shapes[name]
        rows = range(shape[0]) if rows is None else rows
        parts = []
        for piece in self._pieces[name]:
            start, stop = max(piece.first, rows.start), min(piece.first + piece.shape[0], rows.stop)
            if start < stop:
                parts.append(self._files[piece.file].rows(name, start - piece.first, stop - piece.first))
        if not parts:
            return torch.empty((0, *shape[1:]))
        if len({part.dtype for part in parts}) > 1:
            raise SnapshotError(f"{name} is stored with numbers of different types")
        return torch.cat(parts)


class _File:
    """An open file: the rows of each tensor in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._closing = _opened(path)
        self._names, metadata, shapes, self._read = self._closing.__enter__()
        self.places = dict(self._placed(metadata, shapes))

    def close(self) -> None:
        """Close the file."""
        self._closing.__exit__(None, None, None)

    def rows(self, name: str, start: int, stop: int) -> Tensor:
        """Rows of the range that the file has of a tensor."""
        tensor: Tensor = self._read(name, start, stop)
        return tensor

    def _placed(
        self, metadata: Mapping[str, str], shapes: Sequence[tuple[int, ...]]
    ) -> Iterator[tuple[str, tuple[int, tuple[int, ...]]]]:
        try:
            places = json.loads(metadata.get(_PLACES, ""))
        except (ValueError, RecursionError):
            places = None
        for name, shape in zip(self._names, shapes, strict=True):
            place = places.get(name) if isinstance(places, dict) else None
            offsets = place.get(_OFFSETS) if isinstance(place, dict) else None
            if not _are_offsets(offsets, len(shape)):
                raise SnapshotError(f"{self.path}: damaged: it doesn't say which rows of {name} it holds")
            yield name, (offsets[0], shape)


def _are_offsets(value: Any, axes: int) -> TypeGuard[list[int]]:
    """Whether a value of the metadata is the place of a range of rows."""
    if not isinstance(value, list) or not len(value) == axes > 0:
        return False
    return all(type(each) is int and 0 <= each < _MOST_ROWS for each in value) and not any(value[1:])


def _whole(name: str, pieces: Sequence[Piece]) -> tuple[int, ...]:
    """The shape of the tensor that ranges of rows make up, each row once."""
    row, end = pieces[0].shape[1:], 0
    for piece in pieces:
        if piece.shape[1:] != row or (piece.first != end and piece.shape[0]):
            raise SnapshotError(
                f"the snapshot doesn't hold each row of {name} once: its files don't belong together"
            )
        end += piece.shape[0]
    return (end, *row)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """An open file: names, metadata, shapes, and a function that reads rows."""
    if sandbox.is_on():
        with open_file("safetensors", path, SnapshotError) as boxed:
            names, metadata = boxed.facts.get("names"), boxed.facts.get("metadata")
            if (
                not isinstance(names, list)
                or not isinstance(metadata, dict)
                or len(names) != len(boxed.shapes)
            ):
                raise SnapshotError(f"{path}: the process that reads it sent something else than tensors")
            index = {name: place for place, name in enumerate(names)}
            yield names, metadata, boxed.shapes, lambda name, a, b: tensor_of(boxed, index[name])[a:b].clone()
        return
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            shapes = [tuple(file.get_slice(name).get_shape()) for name in names]
            yield names, file.metadata() or {}, shapes, lambda name, a, b: file.get_slice(name)[a:b]
    except LayerzooError:
        raise
    except Exception as error:  # safetensors' errors have several classes
        raise SnapshotError(f"{path}: can't be read: {error}") from error


def _cause(error: BaseException) -> Exception:
    """The error of the process that failed first, of those that torch has gathered."""
    failures: Mapping[int, tuple[BaseException, Any]] = getattr(error, "failures", {})
    causes = [cause for _, (cause, _) in sorted(failures.items())]
    found = next((cause for cause in causes if isinstance(cause, OSError)), causes[0] if causes else error)
    return found if isinstance(found, Exception) else SnapshotError(str(found))
