"""Layer types by the names that configs use."""

from __future__ import annotations

from typing import TypeVar

from layerzoo.declared import check_fields, declare_message
from layerzoo.errors import ContractError, LayerzooError
from layerzoo.layer.declaration import check_class
from layerzoo.layer.layer import Layer
from layerzoo.registry import Registry
from layerzoo.schema import LayerParameter
from layerzoo.user_code import by_user, know_layer, where

LAYERS: Registry[Layer] = Registry("layer type", "layerzoo.layers")

L = TypeVar("L", bound=type[Layer])


def kind_of(param: LayerParameter) -> type[Layer] | None:
    """The class of a layer: that of its type, or the one that takes its place; None for an unknown type."""
    if param.type not in LAYERS:
        return None
    kind = LAYERS[param.type]
    other = kind.replacement(param)
    return kind if other is None else LAYERS[other]


def register(cls: L) -> L:
    """Make a layer class known to configs by its name; for use as a decorator.

    Raises:
        ContractError: another class has that name, or `check_class` or `check_fields` finds a fault.
    """
    name = cls.__name__
    if by_user(cls):
        know_layer(cls)
        check_fields(cls)
        check_class(cls, cls.bottoms.min, cls.bottoms.max)
    try:
        LAYERS.register(name, cls)
        declare_message(cls)
    except LayerzooError as error:
        raise ContractError(f"{where(cls)}: {error}") from None
    cls.type_name = name
    return cls
