"""The services that read files of tensors: weights, solver states, snapshots."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from layerzoo.errors import SnapshotError
from layerzoo.sandboxed.arrays_service import ArraysService
from layerzoo.snapshot.caffe_state import read_state
from layerzoo.weights import open_weights


class TensorService(ArraysService):
    """The tensors of a file, read one by one.

    Attributes:
        tensors: shape of each tensor, and the function that reads it.
    """

    tensors: list[tuple[tuple[int, ...], Callable[[], torch.Tensor]]]  # type: ignore[assignment]  # not arrays

    def values(self, index: int) -> tuple[NDArray[Any], bool]:
        """The values of a tensor; a bfloat16 as int16 with the same bits."""
        torch.set_num_threads(1)
        tensor = self.tensors[index][1]().contiguous()
        is_bfloat16 = tensor.dtype == torch.bfloat16
        return (tensor.view(torch.int16) if is_bfloat16 else tensor).numpy(), is_bfloat16


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
            "minimum_loss": state.minimum_loss,
            "last_event": state.last_event,
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


def _whole(tensor: torch.Tensor) -> tuple[tuple[int, ...], Callable[[], torch.Tensor]]:
    return tuple(tensor.shape), lambda: tensor
