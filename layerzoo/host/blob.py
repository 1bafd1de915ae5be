"""A blob as a program sees it: values and gradients as numpy arrays that write through."""

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

    On the CPU the arrays are views: they show every later pass, and what is written to them the next pass
    sees. On a GPU each access copies to a host array and marks it; the next pass copies marked arrays back to
    the same addresses.

    Args:
        shape: its axes; it starts as zeros.
        device: where it lives.
    """

    def __init__(self, shape: Shape = (), device: torch.device | str = "cpu") -> None:
        self._shape = tuple(shape)
        self._param: Callable[[], nn.Parameter] | None = None
        self._view: Callable[[], Shape | None] = _no_view
        self.device = torch.device(device)
        self.values = Half(self)
        self.gradients = Half(self)
        self.touched = 0
        """Counts how often a program has asked for the values, and so may have changed them."""

    @classmethod
    def of(cls, param: Callable[[], nn.Parameter], view: Callable[[], Shape | None] | None = None) -> Blob:
        """The blob of a layer's param; see `bind`."""
        blob = cls()
        blob.bind(param, view)
        return blob

    def bind(self, param: Callable[[], nn.Parameter], view: Callable[[], Shape | None] | None = None) -> None:
        """Show a param from now on.

        Args:
            param: gives it; layers that share exchange theirs.
            view: gives the shape in which the layer sees it, where that is not the param's own.
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
        """Its shape."""
        return self._shape if self._param is None else self._view() or tuple(self._param().shape)

    @property
    def shape(self) -> IntVec:
        """Its shape as a program gets it."""
        return IntVec(self.axes)

    @property
    def count(self) -> int:
        """Number of elements."""
        return prod(self.axes)

    @property
    def num(self) -> int:
        """The first of four axes; 1 where there are fewer."""
        return self._legacy(0)

    @property
    def channels(self) -> int:
        """The second of four axes; 1 where there are fewer."""
        return self._legacy(1)

    @property
    def height(self) -> int:
        """The third of four axes; 1 where there are fewer."""
        return self._legacy(2)

    @property
    def width(self) -> int:
        """The last of four axes; 1 where there are fewer."""
        return self._legacy(3)

    def reshape(self, *shape: SupportsIndex, **unwanted: Any) -> None:
        """Give it another shape; memory that is large enough is kept, and with it values and old views."""
        if unwanted:
            raise RuntimeError("Blob.reshape takes no kwargs")
        wanted = tuple(int(axis) for axis in shape)
        if min(wanted, default=0) < 0:
            raise RuntimeError(f"a blob's axes can't be negative: {wanted}")
        if wanted != self.axes:
            self.values.resize(wanted)
            self.gradients.resize(wanted)
            self._shape = wanted

    @property
    def is_param(self) -> bool:
        """Whether it shows a layer's param."""
        return self._param is not None

    def share(self, other: Blob) -> None:
        """Be in the memory of another blob, values and gradients, where this one is a param."""
        assert self._param is not None
        param = self._param()
        self.flush()
        param.data, param.grad = other.values.tensor().view(param.shape), None
        param.grad = other.gradients.tensor().view(param.shape)

    def follow(self, other: Blob) -> None:
        """Let the values lie in another blob's memory, of the same count, unless a pass puts others here."""
        if other is not self:
            self.values.source = other.values

    def put(self, value: Tensor, own: bool = True) -> None:
        """Take over a layer's result: by reference, or by value where a program holds a view.

        Args:
            value: detached.
            own: nothing else writes to or relies on this tensor's memory.
        """
        if value.shape != self.axes:
            self.reshape(*value.shape)
        self.values.put(value, own)

    def move(self, device: torch.device) -> None:
        """Live on that device from now on."""
        if device != self.device:
            self.device = device
            self.values.move(device)
            self.gradients.move(device)

    def flush(self) -> None:
        """Bring to the device what a program wrote to host arrays."""
        self.values.flush()
        self.gradients.flush()

    def _legacy(self, axis: int) -> int:
        if len(self.axes) > 4:
            raise RuntimeError(f"a blob of {len(self.axes)} axes has no num, channels, height and width")
        return self.axes[axis] if axis < len(self.axes) else 1

    def __repr__(self) -> str:
        return f"Blob{self.axes}"


class Half:
    """The data or the diff of a blob.

    Attributes:
        shown: a program holds an array of it, so its memory has to stay.
        own: its memory is nobody else's.
        source: whose memory it lies in before anything is put here; None has its own.
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
        """Whether it has ever been written or looked at; else it is all zeros."""
        return self._tensor is not None

    @property
    def mirrored(self) -> bool:
        """Whether arrays are copies on the host, and not the values themselves."""
        return self._tensor is not None and self._tensor.device.type != "cpu"

    def tensor(self) -> Tensor:
        """The values where the net runs."""
        if self._tensor is None and self.source is not None:
            self._tensor, self.own = self.source.settled().view(self.blob.axes), True
        if self._tensor is None:
            self._tensor = torch.zeros(self.blob.axes, device=self.blob.device)
        self.flush()
        return self._tensor

    def put(self, value: Tensor, own: bool = True) -> None:
        """New values, of the blob's shape."""
        if self.shown:
            self.tensor().copy_(value)
        else:
            self._tensor, self.own = value, own
        self._dirty = False

    def let_go(self) -> None:
        """Forget values that no program has seen, for their memory to be used again."""
        if not self.shown:
            self._tensor, self._dirty = None, False

    def array(self) -> Array:
        """The values on the host; written through as `Blob` says."""
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
        """The values, in memory that no longer moves."""
        self.flush()
        return self._stay()

    def flush(self) -> None:
        """Bring to the device what a program wrote to the host array."""
        if self._dirty and self._tensor is not None and self._mirror is not None:
            self._dirty = False
            self._tensor.copy_(torch.from_numpy(self._mirror))

    def move(self, device: torch.device) -> None:
        """Live on that device from now on; views become stale."""
        self.flush()
        if self._tensor is not None:
            self._tensor = self._tensor.to(device)

    def resize(self, shape: Shape) -> None:
        """Another shape, over the same memory where that is large enough."""
        self.flush()
        self._mirror = None
        if self._tensor is None:
            return
        self._tensor = _over_same_memory(self._tensor, shape) if self.shown else None
        self.shown = self._tensor is not None

    def _stay(self) -> Tensor:
        """The tensor, in memory of its own that no longer moves."""
        tensor = self._tensor if self._tensor is not None else self.tensor()
        if not self.shown:
            plain = tensor.dtype == torch.float32 and tensor.is_contiguous() and not tensor.is_inference()
            if not (plain and self.own):
                tensor = tensor.to(torch.float32, copy=True).contiguous()
            self._tensor, self.own, self.shown = tensor, True, True
        return tensor


class _ParamHalf(Half):
    """The data or the gradient of a param, which never move."""

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
        held = param.grad if self._gradient else param.detach()
        if held is None:
            return
        made = _over_same_memory(held, shape)
        made = torch.zeros(shape, device=held.device) if made is None else made
        if self._gradient:
            param.grad = made
        else:
            param.data = made

    def _stay(self) -> Tensor:
        param = self._of()
        if self._gradient and param.grad is None:
            param.grad = torch.zeros_like(param)
        found = param.grad if self._gradient else param
        assert found is not None
        self._tensor = self._seen(found)
        return self._tensor

    def _seen(self, tensor: Tensor) -> Tensor:
        """In the shape in which the layer sees it."""
        tensor, axes = tensor.detach(), self.blob.axes
        return tensor if tensor.shape == axes else tensor.view(axes)


def _no_view() -> None:
    return None


def _over_same_memory(tensor: Tensor, shape: Shape) -> Tensor | None:
    """The memory of a tensor in another shape; None where it is too small."""
    room = tensor.untyped_storage().nbytes() // tensor.element_size() - tensor.storage_offset()
    if prod(shape) > room:
        return None
    return tensor.as_strided(shape, torch.empty(shape, device="meta").stride())


class RawBlobVec(list[Blob]):
    """The bottoms or the tops of a layer."""


class BlobVec(list[Blob]):
    """The param blobs of a layer, or all blobs of a net.

    A blob that is put in the place of a param is what the layer computes with from then on.
    """

    def __setitem__(self, index: Any, blob: Any) -> None:
        if isinstance(index, slice):
            places = range(len(self))[index]
            given = list(blob)
            if len(given) != len(places):
                raise ValueError(f"{len(given)} blobs for {len(places)} places")
            for place, one in zip(places, given, strict=True):
                self[place] = one
        elif not isinstance(blob, Blob):
            raise TypeError(f"a Blob was expected, not {type(blob).__name__}")
        elif self[index].is_param:
            self[index].share(blob)
        else:
            super().__setitem__(index, blob)

    def add_blob(self, *shape: int, **unwanted: Any) -> None:
        """Append a blob of that shape, all zeros."""
        if unwanted:
            raise RuntimeError("BlobVec.add_blob takes no kwargs")
        self.append(Blob(shape))
