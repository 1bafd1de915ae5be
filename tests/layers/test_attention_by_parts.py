"""Attention and GRU train as nets of plain layers do: the same weights give the same losses."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from layerzoo.loader import parse_net
from layerzoo.net import Net

STEPS = 8


def layer(name: str, kind: str, bottoms: str, fields: str = "", top: str = "") -> str:
    ends = " ".join(f'bottom: "{bottom}"' for bottom in bottoms.split())
    tops = " ".join(f'top: "{one}"' for one in (top or name).split())
    return f'layer {{ name: "{name}" type: "{kind}" {ends} {tops} {fields} }}\n'


def product(name: str, bottom: str, size: int, axis: int) -> str:
    return layer(name, "InnerProduct", bottom, f"inner_product_param {{ num_output: {size} axis: {axis} }}")


def net_of(layers: str, x: str, y: str) -> Net:
    ends = (("x", x), ("t", y))
    inputs = "".join(layer(one, "Input", "", f"input_param {{ shape {{ {dims} }} }}") for one, dims in ends)
    return Net(parse_net(inputs + layers + layer("loss", "EuclideanLoss", "y t")).message, "TRAIN")


def losses(net: Net, weights: dict[str, list[Tensor]], x: Tensor, target: Tensor) -> list[float]:
    """The losses of gradient descent from these weights."""
    for name, values in weights.items():
        for blob, value in zip(net.params[name], values, strict=True):
            blob.data.copy_(value)
    rule, found = torch.optim.SGD(net.parameters(), 0.01, momentum=0.5), []
    for _ in range(STEPS):
        rule.zero_grad()
        net(x=x, t=target)
        loss = net.loss()
        loss.backward()
        rule.step()
        found.append(float(loss.detach()))
    assert found[-1] < 0.9 * found[0]
    return found


def random(*shapes: tuple[int, ...]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator) / 2 for shape in shapes]


def heads(name: str) -> str:
    split = layer(f"{name}_split", "Reshape", name, "reshape_param { shape { dim: 0 dim: 0 dim: 2 dim: 4 } }")
    order = "permute_param { order: 0 order: 2 order: 1 order: 3 }"
    return product(name, "x", 8, 2) + split + layer(f"{name}_heads", "Permute", f"{name}_split", order)


def test_attention_of_plain_layers_gives_the_same_losses() -> None:
    parts = (
        "".join(map(heads, "qkv"))
        + layer("products", "MatMul", "q_heads k_heads", "matmul_param { transpose_b: true }")
        + layer("scores", "Power", "products", "power_param { scale: 0.5 }")
        + layer("weights", "Softmax", "scores", "softmax_param { axis: 3 }")
        + layer("found", "MatMul", "weights v_heads")
        + layer("back", "Permute", "found", "permute_param { order: 0 order: 2 order: 1 order: 3 }")
        + layer("joined", "Reshape", "back", "reshape_param { shape { dim: 0 dim: 0 dim: -1 } num_axes: 4 }")
        + product("y", "joined", 8, 2)
    )
    whole = layer("y", "Attention", "x", "attention_param { num_heads: 2 }")
    x, target, *values = random((2, 5, 8), (2, 5, 8), *[(8, 8), (8,)] * 4)
    dims = "dim: 2 dim: 5 dim: 8"
    pairs = {name: values[2 * at : 2 * at + 2] for at, name in enumerate("qkvy")}
    expected = losses(net_of(parts, dims, dims), pairs, x, target)
    found = losses(net_of(whole, dims, dims), {"y": values}, x, target)
    assert found == pytest.approx(expected, rel=1e-5)


def unit() -> str:
    """A step of gated recurrent units of plain layers."""
    return (
        layer("in", "Input", "", "input_param { shape { dim: 2 dim: 3 } shape { dim: -1 dim: 4 } }", "x h")
        + product("x_gates", "x", 8, 1)
        + product("h_gates", "h", 8, 1)
        + layer("sums", "Eltwise", "x_gates h_gates")
        + layer("gates", "Sigmoid", "sums")
        + layer("slice", "Slice", "gates", "slice_param { axis: 1 }", "r z")
        + product("x_new", "x", 4, 1)
        + product("h_new", "h", 4, 1)
        + layer("reset", "Eltwise", "r h_new", "eltwise_param { operation: PROD }")
        + layer("new", "Eltwise", "x_new reset")
        + layer("n", "TanH", "new")
        + layer("change", "Eltwise", "h n", "eltwise_param { coeff: 1 coeff: -1 }")
        + layer("kept", "Eltwise", "z change", "eltwise_param { operation: PROD }")
        + layer("h1", "Eltwise", "n kept")
    )


def test_gru_of_a_subnet_of_plain_layers_gives_the_same_losses() -> None:
    fields = f'carry {{ blob: "h1" input: "h" }} output: "h1" body {{ {unit()} }}'
    parts = layer("y", "Recurrent", "x", f"subnet_param {{ {fields} }}")
    whole = layer("y", "GRU", "x", "recurrent_param { num_output: 4 }")
    x, target, w_x, b_x, w_h, b_h = random((5, 2, 3), (5, 2, 4), (12, 3), (12,), (12, 4), (12,))
    gates, new = slice(0, 8), slice(8, 12)
    inner = {
        "y/x_gates": [w_x[gates], b_x[gates]],
        "y/h_gates": [w_h[gates], b_h[gates]],
        "y/x_new": [w_x[new], b_x[new]],
        "y/h_new": [w_h[new], b_h[new]],
    }
    dims = "dim: 5 dim: 2 dim: 3", "dim: 5 dim: 2 dim: 4"
    expected = losses(net_of(parts, *dims), inner, x, target)
    found = losses(net_of(whole, *dims), {"y": [w_x, b_x, w_h, b_h]}, x, target)
    assert found == pytest.approx(expected, rel=1e-5)
