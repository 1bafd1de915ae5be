"""Nets that tests compare."""

from __future__ import annotations

from layerzoo.loader import Document, parse_net
from layerzoo.schema import NetParameter

DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }\n'


def net(layers: str) -> Document[NetParameter]:
    """A net of a data layer and others."""
    return parse_net(DATA + layers, format="prototxt")


def ip(name: str, bottom: str = "data", top: str | None = None, number: int = 2, more: str = "") -> str:
    """An InnerProduct layer."""
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{top or name}" '
        f"inner_product_param {{ num_output: {number} }} {more} }}\n"
    )


def relu(name: str, blob: str) -> str:
    """A ReLU layer in place."""
    return f'layer {{ name: "{name}" type: "ReLU" bottom: "{blob}" top: "{blob}" }}\n'
