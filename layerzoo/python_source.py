"""The Python source of a net during its export: what layers add to it, and how numbers are written."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from torch import Tensor

Shape = tuple[int, ...]

_WITH_PARAMS = '''\
def with_params(module, **params):
    """A function that computes a module with tensors in place of its params."""

    def call(*inputs):
        vars(module).update(params)
        try:
            return module(*inputs)
        finally:
            for name in params:
                del vars(module)[name]

    return call
'''


class Operands(NamedTuple):
    """The operands of a layer.

    Attributes:
        names: variables that hold the bottoms.
        shapes: shapes of the bottoms.
        tops: shapes of the tops.
    """

    names: Sequence[str]
    shapes: Sequence[Shape]
    tops: Sequence[Shape]

    @property
    def first(self) -> str:
        """The variable of the first bottom."""
        return self.names[0]


@dataclass
class PythonSource:
    """The source written so far.

    Attributes:
        members: lines of ``__init__``.
        steps: lines of ``forward``.
        helpers: functions above the class, by name.
        tensors: the state dict.
        member: the name of the current layer.
        taken: names that no further attribute of the net may have.
        blobs: for each variable that takes the place of a param of the current layer, the tensor that stands
            for it there; one that has been written is removed.
    """

    members: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    helpers: dict[str, str] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    member: str = ""
    taken: set[str] = field(default_factory=set)
    blobs: dict[str, Tensor] = field(default_factory=dict)

    def module(self, expression: str, **tensors: Tensor | None) -> str:
        """Add a torch module, created by an expression, with its tensors; return the name to call it by."""
        self.members.append(f"self.{self.member} = {expression}")
        given: dict[str, str] = {}
        for name, tensor in tensors.items():
            if tensor is None:
                continue
            if (blob := self._blob(tensor)) is None:
                self.tensors[f"{self.member}.{name}"] = tensor
            else:
                given[name] = blob
                self.members.append(f"self.{self.member}.{name} = None")
        if not given:
            return f"self.{self.member}"
        self.helpers["with_params"] = _WITH_PARAMS
        return f"with_params(self.{self.member}, {', '.join(f'{n}={blob}' for n, blob in given.items())})"

    def function(self, written: Callable[..., Tensor]) -> str:
        """Add a function of this package that is plain torch as a helper; return its name."""
        text = inspect.getsource(written).replace("torch.Tensor", "Tensor")
        self.helpers[written.__name__] = f"\n{text}"
        return written.__name__

    def param(self, name: str, tensor: Tensor) -> str:
        """Add a tensor as a param of the net; return the expression that reads it."""
        if (blob := self._blob(tensor)) is not None:
            return blob
        key = f"{self.member}_{name}"
        while key in self.taken:
            key += "_"
        self.taken.add(key)
        self.members.append(f"self.{key} = nn.Parameter(torch.zeros({listed(tensor.shape)}))")
        self.tensors[key] = tensor
        return f"self.{key}"

    def _blob(self, tensor: Tensor) -> str | None:
        """The variable, or its transpose, whose tensor this is; None for a param of the net."""
        for name, stand_in in list(self.blobs.items()):
            if tensor.untyped_storage().data_ptr() != stand_in.untyped_storage().data_ptr():
                continue
            turned = stand_in.t() if stand_in.dim() == 2 else stand_in
            for form, expression in ((stand_in, name), (turned, f"{name}.t()")):
                if (tensor.shape, tensor.stride()) == (form.shape, form.stride()):
                    del self.blobs[name]
                    return expression
        return None


def number(value: float) -> str:
    """Write a number; one that is a float32, as in configs, has the fewest digits that identify it."""
    short = float(str(np.float32(value)))
    return repr(short) if np.float32(short) == np.float32(value) == value else repr(value)


def same(values: Sequence[int]) -> str:
    """One number if all are equal, else a tuple."""
    return str(values[0]) if len(set(values)) == 1 else str(tuple(values))


def listed(values: Sequence[int]) -> str:
    """A shape as arguments."""
    return ", ".join(map(str, values)) or "()"
