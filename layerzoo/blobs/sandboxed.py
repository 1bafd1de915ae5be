"""Tensors of files that are read in the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from layerzoo.blobs.stored import StoredBlob
from layerzoo.errors import LayerzooError
from layerzoo.reader.protocol import ProtocolError
from layerzoo.reader.tensor_file import TensorFile, open_file


def tensor_of(file: TensorFile, index: int) -> torch.Tensor:
    """A tensor of a file, in the file's type.

    Raises:
        LayerzooError: it can't be read; of the type given to `layerzoo.reader.tensor_file.open_file`.
    """
    tensor = torch.from_numpy(file.array(index))
    return tensor.view(torch.bfloat16) if file.is_bfloat16 and tensor.dtype == torch.int16 else tensor


def sandboxed_blob(path: Path, what: str, error: type[LayerzooError]) -> StoredBlob:
    """Read a file that consists of one blob in the sandbox; see `layerzoo.blobs.blob_proto.read_binaryproto`.

    Raises:
        OSError: the file is missing.
        error: the file is not a blob.
    """
    with open_file("blob", path, error, {"what": what}) as file:
        tensor = tensor_of(file, 0)
    return StoredBlob(tuple(tensor.shape), lambda: tensor)


def sandboxed_tensors(
    path: Path, error: type[LayerzooError]
) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read a safetensors file in the sandbox: its tensors by name, and its metadata.

    Raises:
        OSError: the file is missing.
        error: the file can't be read.
    """
    with open_file("safetensors", path, error) as file:
        names, metadata = _names(file)
        return {name: tensor_of(file, index) for index, name in enumerate(names)}, metadata


def sandboxed_names(path: Path, error: type[LayerzooError]) -> tuple[list[str], dict[str, str]]:
    """The names of the tensors of a safetensors file, read in the sandbox, and its metadata.

    Raises:
        OSError: the file is missing.
        error: the file can't be read.
    """
    with open_file("safetensors", path, error) as file:
        return _names(file)


def sandboxed_array(path: Path, error: type[LayerzooError]) -> NDArray[Any]:
    """Read a ``.npy`` file in the sandbox.

    Raises:
        OSError: the file is missing.
        error: the file can't be read.
    """
    with open_file("array", path, error) as file:
        return file.array(0)


def _names(file: TensorFile) -> tuple[list[str], dict[str, str]]:
    with file.checked():
        names, metadata = strings(file.facts.get("names")), file.facts.get("metadata")
        if len(names) != len(file.shapes) or not isinstance(metadata, dict):
            raise ProtocolError("names that don't fit the tensors")
        strings(list(metadata.values()))
        return names, metadata


def strings(value: object) -> list[str]:
    """A list of strings in a message.

    Raises:
        ProtocolError: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ProtocolError("something else than names")
    return value
