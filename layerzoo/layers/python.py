"""Python: a layer defined in a Python module of the user."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import torch
from torch import Tensor, nn

from layerzoo.errors import LayerFault
from layerzoo.host import (
    Blob,
    BoolVec,
    PythonLayer,
    RawBlobVec,
    TorchLayer,
    find_class,
    is_provided,
    users_code,
)
from layerzoo.host.autograd import OnHost, its_own_autograd, where
from layerzoo.layer import Layer, OwnParam, Shape, at_least, params_made, register
from layerzoo.schema import LayerParameter

_NATIVE: Final = {
    ("rpn.proposal_layer", "ProposalLayer"): "Proposal",
    ("rpn.anchor_target_layer", "AnchorTargetLayer"): "AnchorTarget",
    ("rpn.proposal_target_layer", "ProposalTargetLayer"): "ProposalTarget",
    ("roi_data_layer.layer", "RoIDataLayer"): "ROIData",
}
"""Layers of Layerzoo that take the place of py-faster-rcnn's, by module and class."""


@register
class Python(Layer):
    """A layer defined by a Python class of the user, derived from `PythonLayer` or `TorchLayer`.

    The module is imported only if the user allows it (``-allow_python module``). A `PythonLayer` works on
    numpy arrays, so each pass copies bottoms and tops to the host and back; a `TorchLayer` works on tensors.

    Layers of py-faster-rcnn are replaced by Proposal, AnchorTarget, ProposalTarget and ROIData, unless the
    user allows a module of their name.

    Shapes: as declared by the class. Source: Caffe's ``python_layer``.

    Attributes:
        user: the user's object.
        bottom_blobs, top_blobs: the blobs of a `PythonLayer`; a runner may replace them.
    """

    family = "utility"
    example = 'module: "my_layers" layer: "MyLayer"'
    bottoms = tops = at_least(0)
    messages = ("python_param",)
    hints = ("python_param.share_in_parallel",)
    stays_fp32 = True
    may_be_in_place = True
    has_effects = True
    makes_params = True
    inner_prefix = "user."
    fixed_params = "a caffe.Layer has its params on the host; derive the class from TorchLayer"
    user: Any
    anchor: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        user, blobs, _ = _made(param, bottom_shapes)
        _pending.pop(id(param), None)
        if isinstance(user, TorchLayer):  # built again, so that its initial values depend on the seed
            user = _make(param, tuple(map(tuple, bottom_shapes)))[0]
        self.user = user
        self.register_buffer("anchor", torch.empty(0), persistent=False)
        if self.on_host:
            self.bottom_blobs, self.top_blobs = blobs
            for index, (own, blob) in enumerate(zip(self.own_params, self.user.blobs, strict=True)):
                param_blob = getattr(self, own.name)
                values = blob.values.tensor().to(param_blob.device)
                param_blob.data = values  # views that setup keeps stay valid
                blob.bind(partial(getattr, self, own.name), partial(self.views.get, index))

    @property
    def is_source(self) -> bool:
        """Whether it generates its tops: it has no bottoms and no params."""
        return not (self.param.bottom or self.own_params or self.blob_params)

    @property
    def on_host(self) -> bool:
        """Whether it works on blobs on the host instead of tensors."""
        return isinstance(self.user, PythonLayer)

    @classmethod
    def replacement(cls, param: LayerParameter) -> str | None:
        p = param.python_param
        return None if is_provided(p.module) else _NATIVE.get((p.module, p.layer))

    @classmethod
    def missing(cls, param: LayerParameter) -> str | None:
        p = param.python_param
        try:
            find_class(p.module, p.layer)
        except LayerFault as fault:
            return fault.message
        except Exception as error:  # a module may raise anything when imported
            return f"module '{p.module}' can't be imported: {error}"
        return None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return _made(param, bottoms)[2]

    @classmethod
    def unfit_for_subnets(cls, param: LayerParameter) -> tuple[str, str] | None:
        """Why a subnet can't run it; see `Layer.unfit_for_subnets`. The class was found for its shapes."""
        if issubclass(find_class(param.python_param.module, param.python_param.layer), TorchLayer):
            return None
        return "has one set of blobs for all runs", "derive its class from TorchLayer, not from caffe.Layer"

    @property
    def inner(self) -> nn.Module:
        """The user's `TorchLayer`, or the layer itself for a `PythonLayer`."""
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
        """The user's tops; their gradient is that of the user's ``backward`` or of a `TorchLayer`."""
        if isinstance(self.user, TorchLayer):
            result: Tensor | tuple[Tensor, ...] = self.user(*bottoms)
            return tuple(result) if isinstance(result, list) else result
        tops = OnHost.apply(self, len(bottoms), *bottoms, *self.blobs)  # type: ignore[no-untyped-call]
        return tuple(tops) if len(self.top_blobs) != 1 else tops[0]

    def forward_blobs(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        """Run the user's ``reshape`` and ``forward`` on blobs."""
        with users_code(), its_own_autograd():
            bottom, top = RawBlobVec(bottoms), RawBlobVec(tops)
            self.user.reshape(bottom, top)
            self.user.forward(bottom, top)

    def backward_blobs(self, tops: Sequence[Blob], down: Sequence[bool], bottoms: Sequence[Blob]) -> None:
        """Run the user's ``backward`` on blobs; it accumulates gradients of own params in place."""
        with users_code(), its_own_autograd():
            self.user.backward(RawBlobVec(tops), BoolVec(down), RawBlobVec(bottoms))


_Blobs = tuple[list[Blob], list[Blob]]
_Made = tuple[Any, _Blobs, list[Shape]]
_pending: dict[int, tuple[LayerParameter, tuple[Shape, ...], _Made]] = {}
"""Objects created to get shapes, for the layer to be built from: setup runs once, as in Caffe."""


def _made(param: LayerParameter, bottoms: Sequence[Shape]) -> _Made:
    """The user's object after setup, with its blobs and the shapes of its tops."""
    key = tuple(tuple(shape) for shape in bottoms)
    entry = _pending.get(id(param))
    if entry is None or entry[0] is not param or entry[1] != key:
        with torch.random.fork_rng(devices=[]):  # keeps the program's random state unchanged
            entry = _pending[id(param)] = (param, key, _make(param, key))
    return entry[2]


def _make(param: LayerParameter, shapes: Sequence[Shape]) -> _Made:
    p = param.python_param
    cls = find_class(p.module, p.layer)
    if not issubclass(cls, PythonLayer | TorchLayer):
        raise LayerFault(
            f"class '{p.layer}' of module '{p.module}' is not a layer",
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
