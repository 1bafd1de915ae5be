"""Caffe's blobs for programs: values and gradients as numpy arrays that write through."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, SupportsIndex

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from layerzoo.host.vectors import IntVec

Shape = tuple[int, ...]
Array = NDArray[np.float32]


class Blob:
    """Values (``data``) and gradients (``diff``) of one shape.

    On the CPU the arrays are views: they show the results of later passes, and the next pass reads what was
    written to them. On a GPU each access copies to a host array and marks it as dirty; the next pass copies
    dirty arrays back to the same addresses.

    Args:
        shape: the axes; the initial values are zeros.
        device: device of values and gradients.
    """

    def __init__(self, shape: Shape = (), device: torch.device | str = "cpu") -> None:
        self._shape = tuple(shape)
        self._param: Callable[[], nn.Parameter] | None = None
        self._view: Callable[[], Shape | None] = _no_view
        self.device = torch.device(device)
        self.values = Half(self)
        self.gradients = Half(self)
        self.touched = 0
        """Counts the accesses to `data`, each of which may have changed the values."""

    @classmethod
    def of(cls, param: Callable[[], nn.Parameter], view: Callable[[], Shape | None] | None = None) -> Blob:
        """Make the blob of a layer's param; see `bind`."""
        blob = cls()
        blob.bind(param, view)
        return blob

    def bind(self, param: Callable[[], nn.Parameter], view: Callable[[], Shape | None] | None = None) -> None:
        """Bind this blob to a param.

        Args:
            param: returns the param; sharing params replaces a layer's param by another.
            view: returns the shape in which the layer uses the param, or None for the param's own shape.
        """
        self._param, self._view = param, view or _no_view
        self.values = _ParamHalf(self, param, gradient=False)
        self.gradients = _ParamHalf(self, param, gradient=True)

    @property
    def data(self) -> Array:
        """The values, float32."""
        self.touched += 1
        return self.values.array()

    @property
    def diff(self) -> Array:
        """The gradients, float32."""
        return self.gradients.array()

    @property
    def axes(self) -> Shape:
        """The shape, as a tuple."""
        return self._shape if self._param is None else self._view() or tuple(self._param().shape)

    @property
    def shape(self) -> IntVec:
        """The shape, in the class that Caffe's interface returns."""
        return IntVec(self.axes)

    @property
    def count(self) -> int:
        """Number of elements."""
        return prod(self.axes)

    @property
    def num(self) -> int:
        """The first axis of four; 1 if the blob has fewer axes."""
        return self._legacy(0)

    @property
    def channels(self) -> int:
        """The second axis of four; 1 if the blob has fewer axes."""
        return self._legacy(1)

    @property
    def height(self) -> int:
        """The third axis of four; 1 if the blob has fewer axes."""
        return self._legacy(2)

    @property
    def width(self) -> int:
        """The last axis of four; 1 if the blob has fewer axes."""
        return self._legacy(3)

    def reshape(self, *shape: SupportsIndex, **unwanted: Any) -> None:
        """Change the shape; memory that is large enough is reused, with its values and existing views.

        Raises:
            RuntimeError: an axis is negative, or a keyword argument was passed.
        """
        if unwanted:
            raise RuntimeError("Blob.reshape takes no kwargs")
        axes = tuple(int(axis) for axis in shape)
        if min(axes, default=0) < 0:
            raise RuntimeError(f"a blob's axes can't be negative: {axes}")
        if axes != self.axes:
            self.values.resize(axes)
            self.gradients.resize(axes)
            self._shape = axes

    @property
    def is_param(self) -> bool:
        """Whether this blob is bound to a layer's param."""
        return self._param is not None

    def share(self, other: Blob) -> None:
        """Move this blob's param to the memory of another blob, values and gradients."""
        assert self._param is not None
        param = self._param()
        self.flush()
        param.data, param.grad = other.values.tensor().view(param.shape), None
        param.grad = other.gradients.tensor().view(param.shape)

    def follow(self, other: Blob) -> None:
        """Use the values of another blob of the same count, until a pass puts a result here."""
        if other is not self:
            self.values.source = other.values

    def put(self, value: Tensor, own: bool = True) -> None:
        """Store a layer's result: by reference, or as a copy if a program holds a view.

        Args:
            value: a detached tensor.
            own: the tensor's memory is used by nothing else.
        """
        if value.shape != self.axes:
            self.reshape(*value.shape)
        self.values.put(value, own)

    def move(self, device: torch.device) -> None:
        """Move values and gradients to a device."""
        if device != self.device:
            self.device = device
            self.values.move(device)
            self.gradients.move(device)

    def flush(self) -> None:
        """Copy values and gradients that a program wrote to host arrays to the device."""
        self.values.flush()
        self.gradients.flush()

    def _legacy(self, axis: int) -> int:
        if len(self.axes) > 4:
            raise RuntimeError(f"a blob of {len(self.axes)} axes has no num, channels, height and width")
        return self.axes[axis] if axis < len(self.axes) else 1

    def __repr__(self) -> str:
        return f"Blob{self.axes}"


class Half:
    """The values or the gradients of a blob.

    Attributes:
        shown: a program holds a view, so the memory must not move.
        own: the memory is used by nothing else.
        source: whose memory to use until a result is put here; None for own memory.
    """

    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self.shown = False
        self._tensor: Tensor | None = None
        self.own = True
        self.source: Half | None = None
        self._mirror: Array | None = None
        self._dirty = False

    @property
    def there(self) -> bool:
        """Whether values were ever written or read; otherwise they are all zeros, without memory."""
        return self._tensor is not None

    @property
    def mirrored(self) -> bool:
        """Whether arrays are host copies rather than views."""
        return self._tensor is not None and self._tensor.device.type != "cpu"

    def tensor(self) -> Tensor:
        """Return the values on the net's device."""
        if self._tensor is None and self.source is not None:
            self._tensor, self.own = self.source.settled().view(self.blob.axes), True
        if self._tensor is None:
            self._tensor = torch.zeros(self.blob.axes, device=self.blob.device)
        self.flush()
        return self._tensor

    def put(self, value: Tensor, own: bool = True) -> None:
        """Store new values, of the blob's shape."""
        if self.shown:
            self.tensor().copy_(value)
        else:
            self._tensor, self.own = value, own
        self._dirty = False

    def release(self) -> None:
        """Release the values, unless a program holds a view of them."""
        if not self.shown:
            self._tensor, self._dirty = None, False

    def array(self) -> Array:
        """Return the values as a host array; writes reach the device as described at `Blob`."""
        if self.source is not None:
            self.source.flush()
        tensor = self._stay()
        if not self.mirrored:
            array: Array = tensor.numpy()
            return array
        if self._mirror is None or self._mirror.shape != tensor.shape:
            self._mirror = np.empty(tuple(tensor.shape), np.float32)
            self._dirty = False
        if not self._dirty:
            torch.from_numpy(self._mirror).copy_(tensor)
        self._dirty = True
        return self._mirror

    def settled(self) -> Tensor:
        """Return the values in memory whose address stays fixed from now on."""
        self.flush()
        return self._stay()

    def flush(self) -> None:
        """Copy values that a program wrote to the host array to the device."""
        if self._dirty and self._tensor is not None and self._mirror is not None:
            self._dirty = False
            self._tensor.copy_(torch.from_numpy(self._mirror))

    def move(self, device: torch.device) -> None:
        """Move the values to a device; existing views become stale."""
        self.flush()
        if self._tensor is not None:
            self._tensor = self._tensor.to(device)

    def resize(self, shape: Shape) -> None:
        """Change the shape, reusing the memory if it is large enough."""
        self.flush()
        self._mirror = None
        if self._tensor is None:
            return
        self._tensor = _over_same_memory(self._tensor, shape) if self.shown else None
        self.shown = self._tensor is not None

    def _stay(self) -> Tensor:
        """Return the tensor in memory of its own whose address stays fixed."""
        tensor = self._tensor if self._tensor is not None else self.tensor()
        if not self.shown:
            plain = tensor.dtype == torch.float32 and tensor.is_contiguous() and not tensor.is_inference()
            if not (plain and self.own):
                tensor = tensor.to(torch.float32, copy=True).contiguous()
            self._tensor, self.own, self.shown = tensor, True, True
        return tensor


class _ParamHalf(Half):
    """The values or the gradients of a param, whose addresses are always fixed."""

    def __init__(self, blob: Blob, of: Callable[[], nn.Parameter], gradient: bool) -> None:
        super().__init__(blob)
        self._of, self._gradient = of, gradient
        self.shown = True

    @property
    def there(self) -> bool:
        return not self._gradient or self._of().grad is not None

    def tensor(self) -> Tensor:
        param = self._of()
        if self._gradient:
            if param.grad is None:
                param.grad = torch.zeros_like(param)
            self._tensor = self._seen(param.grad)
        else:
            self._tensor = self._seen(param)
        self.flush()
        return self._tensor

    def resize(self, shape: Shape) -> None:
        self.flush()
        self._mirror = None
        param = self._of()
        old = param.grad if self._gradient else param.detach()
        if old is None:
            return
        new = _over_same_memory(old, shape)
        new = torch.zeros(shape, device=old.device) if new is None else new
        if self._gradient:
            param.grad = new
        else:
            param.data = new

    def _stay(self) -> Tensor:
        param = self._of()
        if self._gradient and param.grad is None:
            param.grad = torch.zeros_like(param)
        tensor = param.grad if self._gradient else param
        assert tensor is not None
        self._tensor = self._seen(tensor)
        return self._tensor

    def _seen(self, tensor: Tensor) -> Tensor:
        """View the tensor in the shape in which the layer uses it."""
        tensor, axes = tensor.detach(), self.blob.axes
        return tensor if tensor.shape == axes else tensor.view(axes)


def _no_view() -> None:
    return None


def _over_same_memory(tensor: Tensor, shape: Shape) -> Tensor | None:
    """View a tensor's memory in another shape; None if it is too small."""
    capacity = tensor.untyped_storage().nbytes() // tensor.element_size() - tensor.storage_offset()
    if prod(shape) > capacity:
        return None
    return tensor.as_strided(shape, torch.empty(shape, device="meta").stride())


class RawBlobVec(list[Blob]):
    """The bottoms or the tops of a layer."""


class BlobVec(list[Blob]):
    """The param blobs of a layer, or all blobs of a net.

    Assigning a blob to an item that is a param makes the layer compute with that blob.
    """

    def __setitem__(self, index: Any, blob: Any) -> None:
        if isinstance(index, slice):
            places = range(len(self))[index]
            blobs = list(blob)
            if len(blobs) != len(places):
                raise ValueError(f"received {len(blobs)} blobs for {len(places)} places")
            for place, one in zip(places, blobs, strict=True):
                self[place] = one
        elif not isinstance(blob, Blob):
            raise TypeError(f"expected a Blob, received {type(blob).__name__}")
        elif self[index].is_param:
            self[index].share(blob)
        else:
            super().__setitem__(index, blob)

    def add_blob(self, *shape: int, **unwanted: Any) -> None:
        """Append a blob of this shape, filled with zeros."""
        if unwanted:
            raise RuntimeError("BlobVec.add_blob takes no kwargs")
        self.append(Blob(shape))
