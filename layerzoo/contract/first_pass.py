"""Check the tops of user-defined layers at their first pass."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node

from layerzoo.errors import ContractError
from layerzoo.layer import Layer, Shape
from layerzoo.user_code import by_user, where

_MAX_NODES = 10_000
"""The most operations of one layer that are searched for an overwritten tensor."""


_trials: list[None] = []


@contextmanager
def trial() -> Iterator[None]:
    """Context whose passes don't count as first passes and raise no `ContractError`."""
    _trials.append(None)
    try:
        yield
    finally:
        _trials.pop()


def watch_first_pass(
    layer: Layer,
    tops: Sequence[str],
    shapes: Callable[[list[Shape]], Sequence[Shape] | None],
    in_place: Collection[int] = (),
) -> None:
    """Check a layer's first pass if its class is user-defined.

    Args:
        layer: the layer.
        tops: names of its tops.
        shapes: returns the expected shapes of the tops for those of the bottoms; None if unknown.
        in_place: indices of the bottoms that the config allows it to overwrite.
    """
    if by_user(type(layer.inner)):
        _Watch(layer, tops, shapes, in_place)


class _Watch:
    """A pair of forward hooks that remove themselves after the first valid pass."""

    def __init__(
        self,
        layer: Layer,
        tops: Sequence[str],
        shapes: Callable[[list[Shape]], Sequence[Shape] | None],
        in_place: Collection[int],
    ) -> None:
        self.tops, self.shapes, self.in_place = tops, shapes, in_place
        self.versions: list[int | None] = []
        self.producers: list[Node | None] = []
        self.hooks = (
            layer.register_forward_pre_hook(self.before).id,
            layer.register_forward_hook(self.after).id,
        )

    def before(self, layer: nn.Module, bottoms: Sequence[Tensor]) -> None:
        if not torch.compiler.is_compiling():
            self.versions = [_version(bottom) for bottom in bottoms]
            self.producers = [bottom.grad_fn for bottom in bottoms]

    def after(self, layer: nn.Module, bottoms: Sequence[Tensor], returned: Any) -> None:
        if torch.compiler.is_compiling() or _trials:
            return
        assert isinstance(layer, Layer)
        fault = next(self._faults(layer, bottoms, returned), None)
        if fault is not None:
            place = where(type(layer.inner).forward)
            raise ContractError(f"{place}: layer '{layer.name}': forward {fault}")
        layer._forward_pre_hooks.pop(self.hooks[0], None)  # by id: a copied layer has hooks of the same ids
        layer._forward_hooks.pop(self.hooks[1], None)

    def _faults(self, layer: Layer, bottoms: Sequence[Tensor], returned: Any) -> Iterator[str]:
        if not self.tops and not isinstance(returned, tuple):
            return
        tops = returned if isinstance(returned, tuple) else (returned,)
        expected = self.shapes([tuple(bottom.shape) for bottom in bottoms])
        count = len(self.tops)
        description = "a tensor" if count == 1 else f"a tuple of {count} tensors"
        if count == 1 and expected:
            description += f" of shape {tuple(expected[0])}"
        if len(tops) != count or (type(returned) not in {tuple} and not isinstance(returned, Tensor)):
            yield f"returned {_described(returned)}; expected {description}"
            return
        floats = {t.dtype for t in (*bottoms, *layer.parameters()) if t.dtype.is_floating_point}
        for index, (top, name) in enumerate(zip(tops, self.tops, strict=True)):
            label = f"top {index} ('{name}')"
            if not isinstance(top, Tensor):
                yield f"returned {_described(top)} as {label}; expected a tensor"
                return
            if expected is not None and tuple(top.shape) != tuple(expected[index]):
                yield (
                    f"returned {label} of shape {tuple(top.shape)}; top_shapes says {tuple(expected[index])}"
                )
            if not top.dtype.is_floating_point:
                yield f"returned {label} as {_dtype(top)}; expected floating-point numbers: use .to(x.dtype)"
            elif top.dtype == torch.float64 and floats and torch.float64 not in floats:
                dtypes = ", ".join(sorted(map(str, floats)))[:40]
                yield f"returned {label} as float64; the bottoms are {dtypes}"
            device = next((b.device for b in bottoms), None)
            if device is not None and top.device != device:
                yield f"returned {label} on {top.device}; its bottoms are on {device}"
        yield from self._overwritten(bottoms, tops)

    def _overwritten(self, bottoms: Sequence[Tensor], tops: Iterable[Tensor]) -> Iterator[str]:
        for index, (bottom, before) in enumerate(zip(bottoms, self.versions, strict=True)):
            if before is not None and _version(bottom) != before and index not in self.in_place:
                yield (
                    f"overwrites bottom {index}, which other layers may use; "
                    "compute a new tensor (x * 2, not x.mul_(2) or x *= 2)"
                )
        operation = _overwritten_operation(tops, self.producers)
        if operation is not None:
            yield (
                f"overwrites a tensor that the gradient of {operation} needs; "
                "compute a new tensor (y + 1, not y += 1)"
            )


def _overwritten_operation(tops: Iterable[Tensor], ends: Sequence[Node | None]) -> str | None:
    """The first operation from the tops back to ``ends`` whose saved tensors were overwritten."""
    pending = [top.grad_fn for top in tops]
    visited: set[Node] = set()
    while pending and len(visited) < _MAX_NODES:
        node = pending.pop()
        if node is None or node in visited:
            continue
        visited.add(node)
        for name in (name for name in dir(node) if name.startswith("_saved_")):
            try:
                getattr(node, name)
            except RuntimeError as error:
                if "modified by an inplace operation" in str(error):
                    return node.name()
        if node not in ends:
            pending += [before for before, _ in node.next_functions]
    return None


def _version(tensor: Tensor) -> int | None:
    return None if tensor.is_inference() else tensor._version


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    kind = type(value)
    return "None" if value is None else f"a {kind.__module__}.{kind.__qualname__}".replace("builtins.", "")


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
