"""The param blobs that a layer owns, and how those that its ``__init__`` makes are found."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import torch
from torch import nn

from layerzoo.errors import ContractError, LayerFault, LayerzooError
from layerzoo.schema import FillerParameter, LayerParameter
from layerzoo.user_code import where

Shape = tuple[int, ...]
L = TypeVar("L", bound=nn.Module)


class OwnParam(NamedTuple):
    """A param blob that a layer owns.

    Attributes:
        name: the attribute it stands under, e.g. ``weight``.
        shape: its shape.
        filler: what it starts as; None fills with zeros.
        learns: False for a blob that the layer itself writes (BatchNorm's statistics).
        made: ``__init__`` makes it, itself or in a submodule, with its first values; the others are declared.
    """

    name: str
    shape: Shape
    filler: FillerParameter | None = None
    learns: bool = True
    made: bool = False


def params_made(module: nn.Module, apart_from: Collection[str] = ()) -> list[OwnParam]:
    """The params of a module, those of its submodules among them, as param blobs.

    Raises:
        LayerFault: one has no shape yet.
    """
    made = []
    for name, param in module.named_parameters():
        if isinstance(param, nn.parameter.UninitializedParameter):
            hint = "give torch's lazy modules their sizes"
            raise LayerFault(f"param '{name}' has no shape before the first forward pass", hint=hint)
        if name not in apart_from:
            made.append(OwnParam(name, tuple(param.shape), None, param.requires_grad, True))
    return made


def initialised(layer: L) -> L:
    """A layer just made.

    Raises:
        ContractError: its ``__init__`` leaves out that of its base.
    """
    if "_declared" not in layer.__dict__:
        cls = type(layer)
        place = where(cls.__init__)
        call = "super().__init__(param, bottom_shapes)"
        raise ContractError(f"{place}: {cls.__name__}.__init__ has to begin with {call}")
    return layer


@lru_cache(maxsize=256)
def params_by_building(cls: Any, message: bytes, bottoms: tuple[Shape, ...]) -> tuple[OwnParam, ...]:
    """The param blobs of a layer that is built for their shapes and let go."""
    param = LayerParameter.FromString(message)
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"):
                layer = cls(param, bottoms)
        except LayerzooError:
            raise
        except (
            Exception
        ):  # it looks at values, which meta tensors don't have; or a mistake, which comes again
            with torch.device("cpu"):
                layer = cls(param, bottoms)
    return tuple(initialised(layer).own_params)
