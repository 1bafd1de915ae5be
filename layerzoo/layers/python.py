"""Python: a layer that the user's own module defines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from layerzoo.errors import LayerFault
from layerzoo.host import Blob, BoolVec, PythonLayer, RawBlobVec, TorchLayer, find_class, users_code
from layerzoo.host.autograd import OnHost, where
from layerzoo.layer import Layer, OwnParam, Shape, at_least, params_made, register
from layerzoo.schema import LayerParameter


@register
class Python(Layer):
    """A layer out of the user's own Python: a class derived from `PythonLayer` or `TorchLayer`.

    The module is imported only if the user has allowed it (``-allow_python module``). Over numpy arrays each
    bottom and top crosses to the host and back once a pass; over tensors nothing does.

    Shapes: as the class says. Source: Caffe's ``python_layer``.

    Attributes:
        user: the user's object.
        bottom_blobs, top_blobs: what a `PythonLayer` is given; a runner may put its own there.
    """

    family = "utility"
    example = 'module: "my_layers" layer: "MyLayer"'
    bottoms = at_least(0)
    tops = at_least(0)
    messages = ("python_param",)
    hints = ("python_param.share_in_parallel",)
    stays_fp32 = True
    may_be_in_place = True
    has_effects = True
    makes_params = True
    user: Any
    anchor: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        user, blobs, _ = _made(param, bottom_shapes)
        _pending.pop(id(param), None)
        if isinstance(user, TorchLayer):  # anew, for its first values to follow the seed
            user = _make(param, tuple(map(tuple, bottom_shapes)))[0]
        self.user = user
        self.register_buffer("anchor", torch.empty(0), persistent=False)
        if self.on_host:
            self.bottom_blobs, self.top_blobs = blobs
            for index, (own, blob) in enumerate(zip(self.own_params, self.user.blobs, strict=True)):
                name = own.name
                param_blob = getattr(self, name)
                param_blob.data = blob.values.tensor().to(
                    param_blob.device
                )  # views that setup keeps stay valid
                blob.bind(partial(getattr, self, name), partial(self.views.get, index))

    @property
    def is_source(self) -> bool:
        """Whether it makes its tops out of nothing in the net: no bottoms, and no params that might learn."""
        return not self.param.bottom and not self.own_params

    @property
    def on_host(self) -> bool:
        """Whether it works on blobs rather than on tensors."""
        return isinstance(self.user, PythonLayer)

    @classmethod
    def missing(cls, param: LayerParameter) -> str | None:
        p = param.python_param
        try:
            find_class(p.module, p.layer)
        except LayerFault as fault:
            return fault.message
        except Exception as error:  # whatever a module raises as it is imported
            return f"module '{p.module}' can't be imported: {error}"
        return None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return _made(param, bottoms)[2]

    @property
    def inner(self) -> nn.Module:
        """The user's module, where it is one."""
        return self.user if isinstance(self.user, TorchLayer) else self

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        user = _made(param, bottoms)[0]
        if isinstance(user, TorchLayer):
            return []
        return [OwnParam(f"blob{index}", tuple(blob.shape)) for index, blob in enumerate(user.blobs)]

    @classmethod
    def all_params(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        user = _made(param, bottoms)[0]
        return params_made(user) if isinstance(user, TorchLayer) else cls.param_shapes(param, bottoms)

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The user's tops; their gradient is the user's ``backward``, or autograd's for a `TorchLayer`."""
        if isinstance(self.user, TorchLayer):
            found: Tensor | tuple[Tensor, ...] = self.user(*bottoms)
            return tuple(found) if isinstance(found, list) else found
        made = OnHost.apply(self, len(bottoms), *bottoms, *self.blobs)  # type: ignore[no-untyped-call]
        return tuple(made) if len(self.top_blobs) != 1 else made[0]

    def forward_blobs(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        """One forward pass from blobs to blobs, by the user's ``reshape`` and ``forward``."""
        with users_code(), _its_own_autograd():
            bottom, top = RawBlobVec(bottoms), RawBlobVec(tops)
            self.user.reshape(bottom, top)
            self.user.forward(bottom, top)

    def backward_blobs(self, tops: Sequence[Blob], down: Sequence[bool], bottoms: Sequence[Blob]) -> None:
        """One backward pass from blobs to blobs; gradients of own params add up where they lie."""
        with users_code(), _its_own_autograd():
            self.user.backward(RawBlobVec(tops), BoolVec(down), RawBlobVec(bottoms))


@contextmanager
def _its_own_autograd() -> Iterator[None]:
    """Let a user's layer compute with torch as it would in a program of its own."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


_Blobs = tuple[list[Blob], list[Blob]]
_Made = tuple[Any, _Blobs, list[Shape]]
_pending: dict[int, tuple[LayerParameter, tuple[Shape, ...], _Made]] = {}
"""Objects whose shapes were asked for and whose layer is yet to be built: setup runs once, as in Caffe."""


def _made(param: LayerParameter, bottoms: Sequence[Shape]) -> _Made:
    """The user's object, set up, with its blobs and the shapes of its tops."""
    key = tuple(tuple(shape) for shape in bottoms)
    found = _pending.get(id(param))
    if found is None or found[0] is not param or found[1] != key:
        with torch.random.fork_rng(devices=[]):  # looking for shapes leaves the program's numbers alone
            found = _pending[id(param)] = (param, key, _make(param, key))
    return found[2]


def _make(param: LayerParameter, shapes: Sequence[Shape]) -> _Made:
    p = param.python_param
    cls = find_class(p.module, p.layer)
    if not issubclass(cls, PythonLayer | TorchLayer):
        raise LayerFault(
            f"class '{p.layer}' of module '{p.module}' is no layer",
            field="python_param.layer",
            hint="derive it from caffe.Layer (layerzoo.host.PythonLayer) or from TorchLayer",
        )
    with torch.device("cpu"), users_code(where(param.name, shapes)):
        user: Any = cls.__new__(cls)
        if issubclass(cls, TorchLayer):
            nn.Module.__init__(user)
        user.param_str = user.param_str_ = p.param_str
        user.phase, user.name = param.phase, param.name
        user.__init__() if issubclass(cls, TorchLayer) else user.__init__(param)
        if isinstance(user, TorchLayer):
            user.param_str = user.param_str_ = p.param_str
            user.phase, user.name = param.phase, param.name
            user.setup(shapes)
            return user, ([], []), [tuple(shape) for shape in user.top_shapes(shapes)]
        bottoms = RawBlobVec(Blob(shape) for shape in shapes)
        known = dict(zip(param.bottom, bottoms, strict=True))
        tops = RawBlobVec(known.get(name) or Blob() for name in param.top)
        user.setup(bottoms, tops)
        user.reshape(bottoms, tops)
    return user, (bottoms, tops), [blob.axes for blob in tops]
