"""Check the declaration of a user's layer class when it is registered."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from layerzoo.errors import ContractError
from layerzoo.user_code import where

_CLASS_METHODS = {
    "top_shapes": ("param", "bottoms"),
    "param_shapes": ("param", "bottoms"),
    "check": ("param", "bottoms"),
    "macs": ("param", "bottoms", "tops"),
}


def check_class(cls: type[nn.Module], least: int, most: int | None) -> None:
    """Check the signatures of a layer class.

    Args:
        cls: the class.
        least, most: the number of bottoms that it declares; ``most`` None means no upper bound.

    Raises:
        ContractError: it has no ``forward``, or a method does not accept the arguments of its calls.
    """
    name = cls.__name__
    if cls.forward is nn.Module.forward:
        raise ContractError(f"{where(cls)}: class {name} has no method forward(self, *bottoms)")
    if not _takes(cls, 2):
        raise ContractError(
            f"{where(cls.__init__)}: {name}.__init__ takes {_arguments(cls.__init__)}; "
            "expected (self, param, bottom_shapes=())"
        )
    for method, expected in _CLASS_METHODS.items():
        attribute = inspect.getattr_static(cls, method)
        function = getattr(attribute, "__func__", attribute)
        if not isinstance(attribute, classmethod):
            raise ContractError(
                f"{where(function)}: {name}.{method} is not a class method; write @classmethod above it"
            )
        if not _takes(getattr(cls, method), len(expected)):
            raise ContractError(
                f"{where(function)}: {name}.{method} takes {_arguments(function)}; "
                f"expected (cls, {', '.join(expected)})"
            )
    for count in (least, least if most is None else most):
        if not _takes(cls.forward, count + 1):
            bottoms = f"{count} bottom{'s' * (count != 1)}"
            raise ContractError(
                f"{where(cls.forward)}: {name}.forward takes {_arguments(cls.forward)}, and the class says "
                f"{bottoms}; change the arguments, or set bottoms, e.g. bottoms = layerzoo.layer.exactly(2)"
            )


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a callable accepts ``count`` positional arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # it has no signature to inspect
        return True
    return True


def _arguments(function: Callable[..., Any]) -> str:
    """The arguments of a callable as written: ``(self, *bottoms)``."""
    names = [
        ("*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else "") + p.name
        for p in inspect.signature(function).parameters.values()
    ]
    return f"({', '.join(names)})"
