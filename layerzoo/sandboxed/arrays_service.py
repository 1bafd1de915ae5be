"""The services that read files of arrays, without torch: blobs, means and numpy's files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from layerzoo.blobs.blob_proto import read_array
from layerzoo.data.mean import read_mean
from layerzoo.data.npy import read_npy
from layerzoo.errors import DataError
from layerzoo.reader.arrays import packed
from layerzoo.reader.protocol import Message
from layerzoo.reader.serve import Answer, Progress, Service


class ArraysService(Service):
    """The arrays of a file, read one by one.

    Attributes:
        tensors: shape of each array, and the function that reads it.
        about: what else the parent is told of the file.
    """

    calls: ClassVar = ("read",)

    def __init__(self, setup: dict[str, Any], progress: Progress) -> None:
        self.progress = progress
        self.stack = ExitStack()
        self.tensors: list[tuple[tuple[int, ...], Callable[[], NDArray[Any]]]] = []
        self.about: dict[str, Any] = {}
        self.open(Path(setup["path"]), setup)

    @abstractmethod
    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Open the file; fills ``tensors`` and ``about``."""

    def facts(self) -> dict[str, Any]:
        """The shapes of the arrays, and what else is known of the file."""
        return {**self.about, "shapes": [list(shape) for shape, _ in self.tensors]}

    def values(self, index: int) -> tuple[NDArray[Any], bool]:
        """The values of an array, and whether they are the bits of bfloat16 numbers."""
        return self.tensors[index][1](), False

    def read(self, question: Message) -> Answer:
        """The values of an array."""
        index = question.head["index"]
        self.progress.item(index)
        array, is_bfloat16 = self.values(index)
        head, values = packed(array)
        return {**head, "bfloat16": is_bfloat16}, [values]

    def hold(self, array: NDArray[Any]) -> None:
        """Add an array that has been read."""
        self.tensors.append((array.shape, lambda: array))


class BlobService(ArraysService):
    """A file that holds one blob."""

    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Read the blob."""
        self.hold(read_array(path, setup["what"], DataError))


class MeanService(ArraysService):
    """A mean image."""

    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Read the mean."""
        self.hold(read_mean(path))


class NumpyService(ArraysService):
    """A ``.npy`` file."""

    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Read the array."""
        self.hold(read_npy(path))
