"""Layers that run a subnet, built for tests, and nets of one."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import TRAIN, NetParameter


def layer_of(text: str, *bottoms: Shape, phase: int = TRAIN, body: NetParameter | None = None) -> Layer:
    """A filled layer from its text; ``body`` is its subnet, if the text has none."""
    param = parse_net(f"layer {{ {text} }}").message.layer[0]
    param.phase = phase  # type: ignore[assignment]  # one of the two
    if body is not None:
        param.subnet_param.body.CopyFrom(body)
    LAYERS[param.type].top_shapes(param, bottoms)
    layer = LAYERS[param.type].build(param, bottoms, 1)
    layer.fill_params(1)
    return layer


def net_of(text: str, phase: str = "TRAIN", **options: object) -> Net:
    """A net from its text."""
    return Net(parse_net(text), phase=phase, **options)  # type: ignore[arg-type]  # as given


def inputs(**shapes: Shape) -> str:
    """Input layers as prototxt."""
    dims = {name: " ".join(f"dim: {size}" for size in shape) for name, shape in shapes.items()}
    return "\n".join(
        f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {dim} }} }} }}'
        for name, dim in dims.items()
    )


def values(*shape: int, seed: int = 0) -> torch.Tensor:
    """Normal values."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def largest(pairs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """The largest difference of pairs of tensors."""
    return max(float((one - other).detach().abs().max()) for one, other in pairs)
