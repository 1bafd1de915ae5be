"""The param blobs that a layer owns; find those that its ``__init__`` creates."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import torch
from torch import nn

from layerzoo.errors import ContractError, LayerFault, LayerzooError
from layerzoo.schema import FillerParameter, LayerParameter, ParamSpec
from layerzoo.user_code import where

Shape = tuple[int, ...]
L = TypeVar("L", bound=nn.Module)


class OwnParam(NamedTuple):
    """A param blob that a layer owns.

    Attributes:
        name: the attribute that holds it, e.g. ``weight``; dotted for a param of a submodule.
        shape: its shape.
        filler: its initial values; None fills with zeros.
        learns: False for a blob that the layer itself writes (BatchNorm's statistics).
        made: ``__init__`` creates and initialises it, possibly in a submodule; the others are declared.
        path: of a layer that runs others, the path of the layer inside that has it, e.g. ``gru``.
        spec: its learning and sharing, where the layer's own ``param`` does not say them.
    """

    name: str
    shape: Shape
    filler: FillerParameter | None = None
    learns: bool = True
    made: bool = False
    path: str = ""
    spec: ParamSpec | None = None


def params_made(module: nn.Module, apart_from: Collection[str] = ()) -> list[OwnParam]:
    """The params of a module and its submodules as param blobs.

    Args:
        module: the module.
        apart_from: names to leave out.

    Raises:
        LayerFault: a param has no shape yet.
    """
    params = []
    for name, param in module.named_parameters():
        if isinstance(param, nn.parameter.UninitializedParameter):
            hint = "use modules of fixed sizes instead of torch's lazy modules"
            raise LayerFault(f"param '{name}' has no shape before the first forward pass", hint=hint)
        if name not in apart_from:
            params.append(OwnParam(name, tuple(param.shape), None, param.requires_grad, True))
    return params


def initialised(layer: L) -> L:
    """Check that a new layer's ``__init__`` called that of its base; return the layer.

    Raises:
        ContractError: it didn't.
    """
    if "_declared" not in layer.__dict__:
        cls = type(layer)
        place = where(cls.__init__)
        call = "super().__init__(param, bottom_shapes)"
        raise ContractError(f"{place}: {cls.__name__}.__init__ has to begin with {call}")
    return layer


@lru_cache(maxsize=256)
def params_by_building(cls: Any, message: bytes, bottoms: tuple[Shape, ...]) -> tuple[OwnParam, ...]:
    """The param blobs of a layer type, found by building a layer that is then discarded.

    Args:
        cls: the layer class.
        message: the layer's message, serialised.
        bottoms: shape of each bottom.
    """
    param = LayerParameter.FromString(message)
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"):
                layer = cls(param, bottoms)
        except LayerzooError:
            raise
        except Exception:  # ``__init__`` may read values, which meta tensors lack; a mistake is raised below
            with torch.device("cpu"):
                layer = cls(param, bottoms)
    return tuple(initialised(layer).own_params)
