"""Nets whose layers take params that other layers compute."""

from __future__ import annotations

from layerzoo.loader import parse_net
from layerzoo.net import Net

DATA = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 6 } } }\n'
LOSS = (
    'layer { name: "loss" type: "Reduction" bottom: "y" top: "loss" loss_weight: 1 '
    "reduction_param { operation: SUMSQ } }\n"
)


def parameter(name: str, *shape: int, filler: str = 'type: "gaussian"') -> str:
    dims = " ".join(f"dim: {size}" for size in shape)
    return (
        f'layer {{ name: "{name}" type: "Parameter" top: "{name}" '
        f"parameter_param {{ shape {{ {dims} }} filler {{ {filler} }} }} }}\n"
    )


def inner_product(blob: str, bottom: str = "x", top: str = "y", count: int = 3, more: str = "") -> str:
    return (
        f'layer {{ name: "{top}" type: "InnerProduct" bottom: "{bottom}" top: "{top}" '
        f'param {{ blob: "{blob}" }} inner_product_param {{ num_output: {count} {more} }} }}\n'
    )


DROP_CONNECT = (
    DATA
    + parameter("w", 3, 6)
    + 'layer { name: "drop" type: "Dropout" bottom: "w" top: "dropped" }\n'
    + inner_product("dropped", more='bias_filler { type: "gaussian" }')
    + LOSS
)

WEIGHT_NORM = (
    DATA
    + parameter("v", 3, 6)
    + parameter("g", 3)
    + """
layer { name: "square" type: "Reduction" bottom: "v" top: "square"
  reduction_param { operation: SUMSQ axis: 1 } }
layer { name: "inverse" type: "Power" bottom: "square" top: "inverse" power_param { power: -0.5 } }
layer { name: "scale" type: "Eltwise" bottom: "g" bottom: "inverse" top: "scale"
  eltwise_param { operation: PROD } }
layer { name: "w" type: "Scale" bottom: "v" bottom: "scale" top: "w" scale_param { axis: 0 } }
"""
    + inner_product("w")
    + LOSS
)

HYPERNETWORK = (
    DATA
    + parameter("z", 1, 5)
    + """
layer { name: "hyper" type: "InnerProduct" bottom: "z" top: "flat"
  inner_product_param { num_output: 18 weight_filler { type: "gaussian" } } }
layer { name: "w" type: "Reshape" bottom: "flat" top: "w" reshape_param { shape { dim: 3 dim: 6 } } }
"""
    + inner_product("w")
    + LOSS
)

AUTOENCODER = (
    DATA + parameter("w", 3, 6) + 'layer { name: "turned" type: "Permute" bottom: "w" top: "turned" '
    "permute_param { order: 1 order: 0 } }\n"
    + inner_product("w", top="code")
    + 'layer { name: "sigmoid" type: "Sigmoid" bottom: "code" top: "code" }\n'
    + inner_product("turned", "code", "decoded", 6)
    + 'layer { name: "loss" type: "EuclideanLoss" bottom: "decoded" bottom: "x" top: "loss" }\n'
)

NETS = {
    "drop connect": DROP_CONNECT,
    "weight norm": WEIGHT_NORM,
    "hypernetwork": HYPERNETWORK,
    "autoencoder": AUTOENCODER,
}


def net(text: str, phase: str = "TRAIN", **more: object) -> Net:
    return Net(parse_net(text, format="prototxt"), phase, seed=3, **more)  # type: ignore[arg-type]
