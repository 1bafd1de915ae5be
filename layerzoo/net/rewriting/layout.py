"""Blobs and filters in channels-last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from layerzoo.functional.layout import channels_last
from layerzoo.layer import Layer
from layerzoo.net.rewriting.chains import states, states_class
from layerzoo.net.rewriting.folding import Folded
from layerzoo.plan import Plan, Step


def lay_out(plan: Plan, steps: Sequence[Step]) -> list[Step]:
    """Give convolutions their bottom in channels-last, and layers that want Caffe's layout theirs in that.

    Blobs that the plan keeps have Caffe's layout.
    """
    found = [step._replace(call=_with_layout(step)) for step in steps]
    kept = plan.kept or ()
    return [
        step._replace(call=_in_order(step)) if any(t in kept for t in step.tops) else step for step in found
    ]


def move_params(tensors: Iterable[Tensor], to_channels_last: bool) -> None:
    """Change the layout of filters, their gradients and history in memory; each stays the same tensor."""
    layout = torch.channels_last if to_channels_last else torch.contiguous_format
    for tensor in tensors:
        for each in (tensor, tensor.grad if tensor.is_leaf else None):
            if each is not None and each.dim() == 4:
                each.data = each.data.to(memory_format=layout)


def _with_layout(step: Step) -> Callable[..., Any]:
    layer, call = step.layer, step.call
    if isinstance(call, Folded):
        return call
    if states(layer, "filters", typed=True) and layer.filters() is not None:

        def convolve(x: Tensor) -> Any:
            return call(channels_last(x) if x.dim() == 4 else x)

        return convolve
    if _minds(layer):

        def in_order(*bottoms: Tensor) -> Any:
            return call(*(bottom.contiguous() for bottom in bottoms))

        return in_order
    return call


def _in_order(step: Step) -> Callable[..., Any]:
    """A step's operation with tops in Caffe's layout."""
    call = step.call

    def in_order(*bottoms: Tensor) -> Any:
        made = call(*bottoms)
        return made.contiguous() if isinstance(made, Tensor) else tuple(top.contiguous() for top in made)

    return in_order


def _minds(layer: Layer) -> bool:
    """Whether a layer may mind the layout of its bottoms."""
    return not (layer.any_layout and states_class(type(layer), "any_layout"))
