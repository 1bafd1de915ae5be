"""The bases of layers that a program's own Python defines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn

from layerzoo.host.blob import Blob, BlobVec

Shape = tuple[int, ...]


class PythonLayer:
    """A layer over numpy arrays, as Caffe's Python interface has it (there: ``caffe.Layer``).

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

    As in Caffe, this is also the class of the built-in layers that a program finds in ``net.layers`` (`of`).

    Attributes:
        param_str: the config's text for it.
        phase: 0 while training, 1 while testing.
        blobs: its own param blobs; ``setup`` adds them by ``self.blobs.add_blob(*shape)``, and ``backward``
            adds to their ``diff``.
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
        """A built-in layer as a program sees it.

        Args:
            param: its message.
            blobs: its param blobs.
            top_shapes: gives the shapes of its tops for those of its bottoms; what `reshape` goes by.
        """
        layer = PythonLayer(param)
        layer.type, layer.name, layer.phase = param.type, param.name, param.phase
        layer.blobs.extend(blobs)
        layer._top_shapes = top_shapes
        return layer

    @property
    def blobs(self) -> BlobVec:
        """Its own param blobs."""
        found: BlobVec = self.__dict__.setdefault("_blobs", BlobVec())
        return found

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read ``param_str``, check the bottoms, add own blobs; runs once."""

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give the tops their shapes; runs before each forward pass."""
        if self._top_shapes is not None:
            for blob, shape in zip(top, self._top_shapes(bottom), strict=True):
                blob.reshape(*shape)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write ``top[i].data`` from ``bottom[i].data``."""
        raise MissingMethodError(f"{type(self).__name__} has no forward(self, bottom, top)")

    def backward(self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]) -> None:
        """Write ``bottom[i].diff`` from ``top[i].diff``, for each i that ``propagate_down`` asks for."""
        raise MissingMethodError(
            f"{type(self).__name__} has no backward(self, top, propagate_down, bottom), "
            "and the net asks for its gradient"
        )

    def __repr__(self) -> str:
        return f"<{self.type} layer '{self.name}'>"


class MissingMethodError(NotImplementedError, AttributeError):
    """A class leaves out a method that a net calls: an AttributeError, as in Caffe."""


class TorchLayer(nn.Module):
    """A layer over torch tensors: its gradient is autograd's, and compiling and capturing stay possible.

    ::

        class Swish(TorchLayer):
            def forward(self, x):
                return x * torch.sigmoid(x)

    Params are declared in ``setup`` as with any module of torch's (``self.weight = nn.Parameter(...)``); they
    become the layer's blobs in that order.

    Attributes:
        param_str, phase, name: as `PythonLayer` has them.
    """

    param_str: str = ""
    param_str_: str = ""
    phase: int = 0
    name: str = ""

    def setup(self, bottom_shapes: Sequence[Shape]) -> None:
        """Read ``param_str``, check the bottoms, make params; runs once, before ``top_shapes``."""

    def top_shapes(self, bottom_shapes: Sequence[Shape]) -> list[Shape]:
        """Shapes of the tops; unless a layer says otherwise by running it on zeros."""
        with torch.no_grad():
            made = self(*(torch.zeros(shape) for shape in bottom_shapes))
        return [tuple(top.shape) for top in (made if isinstance(made, tuple | list) else [made])]
