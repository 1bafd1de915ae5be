"""Check what a layer of the user's own computes, once: at its first pass."""

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
"""The most operations of one layer that are looked at for a tensor written over."""


_trials: list[None] = []


@contextmanager
def trial() -> Iterator[None]:
    """Passes inside the block are no first ones: what they raise is not shown."""
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
    """Let a layer's first pass be checked, if its class is the user's own.

    Args:
        layer: the layer.
        tops: names of its tops.
        shapes: shapes of the bottoms → those that the tops must have; None where they aren't known.
        in_place: indices of the bottoms that the config lets it write over.
    """
    if by_user(type(layer.inner)):
        _Watch(layer, tops, shapes, in_place)


class _Watch:
    """A pair of hooks that take themselves off the layer."""

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

    def after(self, layer: nn.Module, bottoms: Sequence[Tensor], made: Any) -> None:
        if torch.compiler.is_compiling() or _trials:
            return
        assert isinstance(layer, Layer)
        fault = next(self._faults(layer, bottoms, made), None)
        if fault is not None:
            place = where(type(layer.inner).forward)
            raise ContractError(f"{place}: layer '{layer.name}': forward {fault}")
        layer._forward_pre_hooks.pop(self.hooks[0], None)  # by id: a copied net has copies of both
        layer._forward_hooks.pop(self.hooks[1], None)

    def _faults(self, layer: Layer, bottoms: Sequence[Tensor], made: Any) -> Iterator[str]:
        given = made if isinstance(made, tuple) else () if made is None and not self.tops else (made,)
        if not self.tops and not isinstance(made, tuple):
            return
        expected = self.shapes([tuple(bottom.shape) for bottom in bottoms])
        count = len(self.tops)
        wanted = "a tensor" if count == 1 else f"a tuple of {count} tensors"
        if count == 1 and expected:
            wanted += f" of shape {tuple(expected[0])}"
        if len(given) != count or (type(made) not in {tuple} and not isinstance(made, Tensor)):
            yield f"gave {_described(made)}; expected {wanted}"
            return
        floats = {t.dtype for t in (*bottoms, *layer.parameters()) if t.dtype.is_floating_point}
        for index, (top, name) in enumerate(zip(given, self.tops, strict=True)):
            called = f"top {index} ('{name}')"
            if not isinstance(top, Tensor):
                yield f"gave {_described(top)} as {called}; expected a tensor"
                return
            if expected is not None and tuple(top.shape) != tuple(expected[index]):
                yield (
                    f"gave {called} the shape {tuple(top.shape)}; top_shapes says {tuple(expected[index])}"
                )
            if not top.dtype.is_floating_point:
                yield f"gave {called} as {_dtype(top)}; blobs hold floating-point numbers: use .to(x.dtype)"
            elif top.dtype == torch.float64 and floats and torch.float64 not in floats:
                yield f"gave {called} as float64; the bottoms are {', '.join(sorted(map(str, floats)))[:40]}"
            device = next((b.device for b in bottoms), None)
            if device is not None and top.device != device:
                yield f"gave {called} on {top.device}; its bottoms are on {device}"
        yield from self._written_over(bottoms, given)

    def _written_over(self, bottoms: Sequence[Tensor], tops: Iterable[Tensor]) -> Iterator[str]:
        for index, (bottom, before) in enumerate(zip(bottoms, self.versions, strict=True)):
            if before is not None and _version(bottom) != before and index not in self.in_place:
                yield (
                    f"writes over bottom {index}, which other layers may use; "
                    "compute a new tensor (x * 2, not x.mul_(2) or x *= 2)"
                )
        operation = _spoilt(tops, self.producers)
        if operation is not None:
            yield (
                f"writes over a tensor that the gradient of {operation} needs; "
                "compute a new tensor (y + 1, not y += 1)"
            )


def _spoilt(tops: Iterable[Tensor], ends: Sequence[Node | None]) -> str | None:
    """The first operation behind the tops, down to ``ends``, whose saved tensors were written over."""
    pending = [top.grad_fn for top in tops]
    seen: set[Node] = set()
    while pending and len(seen) < _MAX_NODES:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
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


def _described(made: Any) -> str:
    if isinstance(made, Tensor):
        return f"a tensor of shape {tuple(made.shape)}"
    if isinstance(made, tuple | list):
        return f"a {type(made).__name__} of {len(made)}"
    kind = type(made)
    return "None" if made is None else f"a {kind.__module__}.{kind.__qualname__}".replace("builtins.", "")


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
