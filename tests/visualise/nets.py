"""Small nets to look into."""

from __future__ import annotations

from layerzoo.loader import parse_net
from layerzoo.net import Net

CONVOLVED = """
name: small
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [1, CHANNELS, 6, 6]}}}
- {name: conv, type: Convolution, bottom: data, top: conv, convolution_param: {num_output: 4, kernel_size: 3,
   weight_filler: {type: gaussian, std: 0.5}, bias_filler: {type: gaussian, std: 0.5}}}
- {name: relu, type: ReLU, bottom: conv, top: conv}
- {name: ip, type: InnerProduct, bottom: conv, top: ip, inner_product_param: {num_output: 3,
   weight_filler: {type: gaussian, std: 0.5}}}
- {name: prob, type: Softmax, bottom: ip, top: prob}
"""


def small_net(channels: int = 1, extra: str = "") -> Net:
    """A convolution, an in-place ReLU, an inner product and a Softmax, with random params of seed 1."""
    return Net(parse_net(CONVOLVED.replace("CHANNELS", str(channels)) + extra, format="yaml"), seed=1)


def net_of(text: str) -> Net:
    """A net of a config."""
    return Net(parse_net(text, format="yaml"), seed=1)
