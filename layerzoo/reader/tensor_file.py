"""A file of tensors that is read in the sandbox: weights, solver states, snapshots, means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from layerzoo.errors import LayerzooError
from layerzoo.reader.arrays import shape_of, unpacked
from layerzoo.reader.process import Reader, ReaderError
from layerzoo.reader.protocol import ProtocolError
from layerzoo.reader.sandbox import started

_WIDEST = 8
"""Bytes of the widest number."""


class TensorFile:
    """An open file in the sandbox.

    Attributes:
        facts: what the service says of the file: values of JSON, to be checked by whoever uses them.
        shapes: the shape of each tensor.
        is_bfloat16: whether the array that was read last has the bits of bfloat16 numbers.
    """

    def __init__(self, reader: Reader, path: Path, error: type[LayerzooError]) -> None:
        self._reader, self._path, self._error = reader, path, error
        self.is_bfloat16 = False
        self.facts = reader.facts
        shapes = reader.facts.get("shapes")
        with self.checked():
            if not isinstance(shapes, list):
                raise ProtocolError("no shapes")
            self.shapes = [shape_of(shape) for shape in shapes]

    def array(
        self, index: int, call: str = "read", values: dict[str, Any] | None = None, rows: int | None = None
    ) -> NDArray[Any]:
        """Read a tensor, or some of its rows; a bfloat16 comes as int16.

        Raises:
            error: the tensor can't be read; of the type given to `open_file`.
        """
        shape = self.shapes[index]
        shape = shape if rows is None else (rows, *shape[1:])
        with self.checked():
            question = {"index": index, **(values or {})}
            answer = self._reader.call(call, question, limit=prod(shape) * _WIDEST)
            array = unpacked(answer.head, answer.parts)
            if array.shape != shape:
                raise ProtocolError(f"shape {array.shape} instead of {shape}")
            self.is_bfloat16 = answer.head.get("bfloat16") is True
            return array

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Turn what the reader did wrong in the block into the caller's error."""
        try:
            yield
        except ReaderError as failure:
            raise self._error(f"{self._path}: damaged: the process that reads it {failure}") from None
        except ProtocolError as wrong:
            self._reader.close()
            raise self._error(f"{self._path}: the process that reads it sent {wrong}") from None
        except RuntimeError as failure:  # of a library in the reader
            raise self._error(f"{self._path}: can't be read: {failure}") from None
        except MemoryError:
            raise self._error(f"{self._path}: it needs more memory than the sandbox allows") from None


@contextmanager
def open_file(
    service: str, path: Path, error: type[LayerzooError], setup: dict[str, Any] | None = None
) -> Iterator[TensorFile]:
    """Open a file in the sandbox; its tensors can be read inside the block.

    Args:
        service: name of the service.
        path: the file.
        error: raised if it can't be read.
        setup: what the service needs to know beside the path.

    Raises:
        error: the file can't be read.
        OSError: it is missing.
    """
    try:
        reader = started(service, path, {**(setup or {}), "path": str(path)})
    except RuntimeError as failure:
        raise error(f"{path}: can't be read: {failure}") from None
    except ReaderError as failure:
        raise error(f"{path}: damaged: the process that reads it {failure}") from None
    except MemoryError:
        raise error(f"{path}: it needs more memory than the sandbox allows") from None
    try:
        yield TensorFile(reader, path, error)
    finally:
        reader.close()
