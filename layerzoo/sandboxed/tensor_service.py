"""The services that read files of tensors: weights, solver states, tensors of snapshots, blobs and means."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from layerzoo.blobs.blob_proto import read_binaryproto
from layerzoo.data.mean import read_mean
from layerzoo.data.npy import read_npy
from layerzoo.errors import DataError, SnapshotError
from layerzoo.reader.arrays import packed
from layerzoo.reader.protocol import Message
from layerzoo.reader.serve import Answer, Progress, Service
from layerzoo.snapshot.caffe_state import read_state
from layerzoo.weights import open_weights


class TensorService(Service):
    """The tensors of a file, read one by one.

    Attributes:
        tensors: shape of each tensor, and the function that reads it.
        about: what else the parent is told of the file.
    """

    calls: ClassVar = ("read",)

    def __init__(self, setup: dict[str, Any], progress: Progress) -> None:
        self.progress = progress
        self.stack = ExitStack()
        self.tensors: list[tuple[tuple[int, ...], Callable[[], torch.Tensor]]] = []
        self.about: dict[str, Any] = {}
        torch.set_num_threads(1)
        self.open(Path(setup["path"]), setup)

    @abstractmethod
    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Open the file; fills ``tensors`` and ``about``."""

    def facts(self) -> dict[str, Any]:
        """The shapes of the tensors, and what else is known of the file."""
        return {**self.about, "shapes": [list(shape) for shape, _ in self.tensors]}

    def read(self, question: Message) -> Answer:
        """The values of a tensor."""
        index = question.head["index"]
        self.progress.item(index)
        tensor = self.tensors[index][1]().contiguous()
        is_bfloat = tensor.dtype == torch.bfloat16
        head, values = packed((tensor.view(torch.int16) if is_bfloat else tensor).numpy())
        return {**head, "bfloat16": is_bfloat}, [values]


class WeightsService(TensorService):
    """Weights of any format."""

    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Open the weights; tells layers, the names of their blobs, and which of them are left out."""
        stored = self.stack.enter_context(open_weights(path))
        self.about = {
            "layers": [
                [layer, blobs.names, [blob is not None for blob in blobs]] for layer, blobs in stored.items()
            ]
        }
        self.tensors = [
            (blob.shape, blob.tensor) for blobs in stored.values() for blob in blobs if blob is not None
        ]


class StateService(TensorService):
    """A solver state of Caffe."""

    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Read the state; tells everything but its history, whose blobs are the tensors."""
        state = read_state(path)
        self.about = {
            "iteration": state.iteration,
            "learned_net": state.learned_net,
            "current_step": state.current_step,
        }
        self.tensors = [_whole(tensor) for tensor in state.history]


class SafetensorsService(TensorService):
    """All tensors of a safetensors file."""

    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Open the file; tells the names of the tensors, and the metadata."""
        try:
            file = self.stack.enter_context(safe_open(path, framework="pt"))
            names = list(file.keys())
            self.about = {"names": names, "metadata": file.metadata() or {}}
            self.tensors = [
                (tuple(file.get_slice(name).get_shape()), partial(file.get_tensor, name)) for name in names
            ]
        except SafetensorError as error:
            raise SnapshotError(f"{path}: safetensors can't be read: {error}") from None


class BlobService(TensorService):
    """A file that holds one blob."""

    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Read the blob."""
        blob = read_binaryproto(path, setup["what"], DataError)
        self.tensors = [(blob.shape, blob.tensor)]


class MeanService(TensorService):
    """A mean image."""

    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Read the mean."""
        self.tensors = [_whole(torch.from_numpy(np.array(read_mean(path))))]


class ArrayService(TensorService):
    """A ``.npy`` file."""

    def open(self, path: Path, setup: dict[str, Any]) -> None:
        """Read the array."""
        try:
            self.tensors = [_whole(torch.from_numpy(read_npy(path)))]
        except (ValueError, TypeError) as error:  # a type that torch lacks
            raise DataError(f"{path}: not a readable numpy file: {error}") from None


def _whole(tensor: torch.Tensor) -> tuple[tuple[int, ...], Callable[[], torch.Tensor]]:
    return tuple(tensor.shape), lambda: tensor
