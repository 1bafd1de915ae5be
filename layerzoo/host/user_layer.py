"""Base classes of layers that users write in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn

from layerzoo.host.blob import Blob, BlobVec

Shape = tuple[int, ...]


class PythonLayer:
    """Base of layers on numpy arrays: ``caffe.Layer`` of Caffe's Python interface.

    ::

        class Scale(PythonLayer):
            def setup(self, bottom, top):
                self.factor = float(self.param_str or 1)

            def reshape(self, bottom, top):
                top[0].reshape(*bottom[0].shape)

            def forward(self, bottom, top):
                top[0].data[...] = self.factor * bottom[0].data

            def backward(self, top, propagate_down, bottom):
                bottom[0].diff[...] = self.factor * top[0].diff

    ``bottom`` and ``top`` are lists of `Blob`. ``setup`` runs once, ``reshape`` before each forward pass.

    As in Caffe, built-in layers in ``net.layers`` are of this class too (`of`).

    Attributes:
        param_str: the text of ``python_param { param_str }`` in the config.
        phase: 0 for TRAIN, 1 for TEST.
        blobs: the layer's param blobs; ``setup`` adds them by ``self.blobs.add_blob(*shape)``, and
            ``backward`` adds to their ``diff``.
        name: the layer's name in the config.
    """

    type = "Python"
    param_str: str = ""
    param_str_: str = ""
    phase: int = 0
    name: str = ""
    _top_shapes: Callable[[Sequence[Blob]], Sequence[Shape]] | None = None

    def __init__(self, param: Any = None) -> None:
        self.layer_param = param

    @staticmethod
    def of(
        param: Any, blobs: Iterable[Blob], top_shapes: Callable[[Sequence[Blob]], Sequence[Shape]]
    ) -> PythonLayer:
        """Make the object that represents a built-in layer in ``net.layers``.

        Args:
            param: the layer's message.
            blobs: the layer's param blobs.
            top_shapes: returns the shapes of the tops for the bottoms; used by `reshape`.
        """
        layer = PythonLayer(param)
        layer.type, layer.name, layer.phase = param.type, param.name, param.phase
        layer.blobs.extend(blobs)
        layer._top_shapes = top_shapes
        return layer

    @property
    def blobs(self) -> BlobVec:
        """The layer's param blobs."""
        blobs: BlobVec = self.__dict__.setdefault("_blobs", BlobVec())
        return blobs

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read ``param_str``, check the bottoms, add param blobs; runs once."""

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Set the shapes of the tops; runs before each forward pass."""
        if self._top_shapes is not None:
            for blob, shape in zip(top, self._top_shapes(bottom), strict=True):
                blob.reshape(*shape)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write ``top[i].data`` from ``bottom[i].data``."""
        raise MissingMethodError(f"{type(self).__name__} has no forward(self, bottom, top)")

    def backward(self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]) -> None:
        """Write ``bottom[i].diff`` from ``top[i].diff`` for each i where ``propagate_down[i]`` is true."""
        raise MissingMethodError(
            f"{type(self).__name__} has no backward(self, top, propagate_down, bottom), "
            "and the net needs its gradient"
        )

    def __repr__(self) -> str:
        return f"<{self.type} layer '{self.name}'>"


class MissingMethodError(NotImplementedError, AttributeError):
    """Raised for a method that a net calls and the class doesn't define: an AttributeError, as in Caffe."""


class TorchLayer(nn.Module):
    """Base of layers on torch tensors: differentiated by autograd, and fit for torch.compile.

    ::

        class Swish(TorchLayer):
            def forward(self, x):
                return x * torch.sigmoid(x)

    Declare params in ``setup`` as in any torch module (``self.weight = nn.Parameter(...)``); they become the
    layer's blobs in that order.

    Attributes:
        param_str, phase, name: as in `PythonLayer`.
    """

    param_str: str = ""
    param_str_: str = ""
    phase: int = 0
    name: str = ""

    def setup(self, bottom_shapes: Sequence[Shape]) -> None:
        """Read ``param_str``, check the bottoms, declare params; runs once, before ``top_shapes``."""

    def top_shapes(self, bottom_shapes: Sequence[Shape]) -> list[Shape]:
        """Return the shapes of the tops; the default runs ``forward`` on zeros."""
        with torch.no_grad():
            tops = self(*(torch.zeros(shape) for shape in bottom_shapes))
        return [tuple(top.shape) for top in (tops if isinstance(tops, tuple | list) else [tops])]
