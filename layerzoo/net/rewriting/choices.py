"""The layout of a net in training: chosen by net and device, never by clock, so that runs repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from layerzoo.functional.layout import has_onednn
from layerzoo.layer import Layer, compute_type
from layerzoo.net.rewriting.chains import states
from layerzoo.net.rewriting.layout import move_params
from layerzoo.schema import EngineParameter


class LayoutChoice(NamedTuple):
    """A layout, and why.

    Attributes:
        channels_last: whether it is channels-last.
        reason: for the log.
    """

    channels_last: bool
    reason: str


_MEASURED = {
    ("cpu", False): (True, "channels-last convolutions are 1.0 to 1.7 times as fast on a CPU"),
    ("cpu", True): (True, "channels-last convolutions are 1.0 to 1.7 times as fast on a CPU"),
    ("cuda", False): (False, "in FP32, channels-last is 0.8 to 1.0 times as fast on a GPU"),
    ("cuda", True): (True, "in 16 bits, channels-last is 1.0 to 1.2 times as fast on a GPU"),
}
"""By type of device, and whether convolutions compute in 16 bits: whether AUTO takes channels-last, and why.

See benchmarks/NOTES.md."""


def choose_layout(layers: Sequence[Layer], device: torch.device, wanted: int) -> LayoutChoice:
    """The layout of a net in training.

    Args:
        layers: the net's layers.
        device: where it runs.
        wanted: a value of ``EngineParameter.Layout``.
    """
    if not any(states(layer, "filters", typed=True) and layer.filters() is not None for layer in layers):
        return LayoutChoice(False, "the net has no convolution over two axes")
    if any(layer.views for layer in layers):
        return LayoutChoice(False, "layers share params in different shapes")
    if wanted != EngineParameter.AUTO:
        return LayoutChoice(wanted == EngineParameter.CHANNELS_LAST, "engine_param says so")
    if device.type == "cpu" and not has_onednn():
        return LayoutChoice(False, "this torch has no oneDNN")
    types = [compute_type(layer) for layer in layers if states(layer, "filters", typed=True)]
    narrow = any(kind is not None and kind.dtype != torch.float32 for kind in types)
    measured = _MEASURED.get((device.type, narrow))
    return LayoutChoice(*measured or (False, f"channels-last was never measured on {device.type}"))


def filter_params(layers: Sequence[Layer]) -> list[nn.Parameter]:
    """The params that only convolutions over two axes hold, each once."""
    wanted: dict[int, nn.Parameter] = {}
    others: set[int] = set()
    for layer in layers:
        convolves = states(layer, "filters", typed=True) and layer.filters() is not None
        for param in layer.parameters():
            if convolves and param.dim() == 4:
                wanted[id(param)] = param
            else:
                others.add(id(param))
    return [param for key, param in wanted.items() if key not in others]


def lay_out_params(layers: Sequence[Layer], last: bool, beside: Iterable[Tensor] = ()) -> None:
    """Give the filters of a net a layout in memory.

    Args:
        layers: the net's layers.
        last: channels-last, or Caffe's layout.
        beside: tensors of the shapes of these params, such as history, to change too: those of four axes.
    """
    move_params([*filter_params(layers), *beside], last)
