"""Weights files of any format, read in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from layerzoo.blobs.named import NamedBlobs
from layerzoo.blobs.sandboxed import strings, tensor_of
from layerzoo.blobs.stored import StoredBlob
from layerzoo.errors import WeightsError
from layerzoo.reader.protocol import ProtocolError
from layerzoo.reader.tensor_file import TensorFile, open_file
from layerzoo.weights.params import StoredWeights


@contextmanager
def open_sandboxed(path: Path) -> Iterator[StoredWeights]:
    """Open a weights file in the sandbox, see `layerzoo.weights.open_weights`.

    Raises:
        WeightsError: the file is missing, damaged, or not a weights file.
    """
    try:
        with open_file("weights", path, WeightsError) as file:
            with file.checked():
                weights = _weights(file)
            yield weights
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror or error}") from error


def _weights(file: TensorFile) -> StoredWeights:
    layers = file.facts.get("layers")
    if not isinstance(layers, list):
        raise ProtocolError("no layers")
    stored = iter(enumerate(file.shapes))
    weights: StoredWeights = {}
    for entry in layers:
        match entry:
            case [str(layer), list(names), list(present)] if len(names) == len(present):
                blobs: list[StoredBlob | None] = []
                for is_stored in present:
                    index, shape = next(stored, (-1, ())) if is_stored is True else (-1, ())
                    blob = StoredBlob(shape, partial(tensor_of, file, index)) if index >= 0 else None
                    blobs.append(blob)
                weights[layer] = NamedBlobs(blobs, strings(names))
            case _:
                raise ProtocolError("something else than a layer")
    if next(stored, None) is not None:
        raise ProtocolError("more tensors than its layers have")
    return weights
