"""Params of layers that other layers of the net compute."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacrev
from torch.nn import functional as F

from layerzoo.engine.precision.layer_precision import apply_precision
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.export import export_python
from layerzoo.layer import with_params
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import BF16, SolverParameter
from tests.gpu import on_a_gpu
from tests.layer.param_blob_nets import (
    AUTOENCODER,
    DATA,
    DROP_CONNECT,
    HYPERNETWORK,
    LOSS,
    NETS,
    WEIGHT_NORM,
    inner_product,
    net,
    parameter,
)

EACH = pytest.mark.parametrize("text", NETS.values(), ids=list(NETS))


def batch() -> Tensor:
    return torch.randn(4, 6, generator=torch.Generator().manual_seed(1))


def step(one: Net, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The loss of a pass, and the gradients of the params."""
    one.zero_grad()
    one.clock.batch = 0
    one(x)
    loss = one.loss()
    loss.backward()
    return loss.detach(), [param.grad for param in one.learnable]  # type: ignore[misc]


def same_step(one: Net, expected: Tensor, params: list[Tensor]) -> None:
    """A step of the net gives a loss, and the gradients that plain torch gives for the same params."""
    loss, grads = step(one, batch())
    torch.testing.assert_close(loss, expected.detach())
    for mine, theirs in zip(grads, torch.autograd.grad(expected, params), strict=True):
        torch.testing.assert_close(mine, theirs)


def leaves(one: Net) -> list[Tensor]:
    return [param.detach().clone().requires_grad_() for param in one.learnable]


def test_drop_connect_is_that_of_plain_torch() -> None:
    one = net(DROP_CONNECT)
    w, bias = params = leaves(one)
    one(batch())
    kept = one.blobs["dropped"] / w.detach()  # 0, or 1 / (1 - 0.5)
    assert set(kept.unique().round().tolist()) == {0.0, 2.0}
    same_step(one, F.linear(batch(), w * kept, bias).square().sum(), params)


def test_weight_norm_is_that_of_plain_torch() -> None:
    one = net(WEIGHT_NORM)
    v, g, bias = params = leaves(one)
    w = v * (g / v.norm(dim=1)).unsqueeze(1)
    same_step(one, F.linear(batch(), w, bias).square().sum(), params)


def test_hypernetwork_is_that_of_plain_torch() -> None:
    one = net(HYPERNETWORK)
    z, hyper, hyper_bias, bias = params = leaves(one)
    w = F.linear(z, hyper, hyper_bias).view(3, 6)
    same_step(one, F.linear(batch(), w, bias).square().sum(), params)


def test_tied_transposed_weights_are_those_of_plain_torch() -> None:
    one = net(AUTOENCODER)
    w, code, decoded = params = leaves(one)
    x = batch()
    restored = F.linear(F.linear(x, w, code).sigmoid(), w.t(), decoded)
    same_step(one, (restored - x).square().sum() / 8, params)


def test_blob_is_no_param_of_the_layer(tmp_path: Path) -> None:
    one = net(DROP_CONNECT)
    assert {name: [tuple(p.shape) for p in blobs] for name, blobs in one.params.items()} == {
        "w": [(3, 6)],
        "y": [(3,)],
    }
    assert [name for name, _ in one.named_parameters()] == ["layers.w.value", "layers.y.bias"]
    one.save_weights(tmp_path / "w.caffemodel")
    other = Net(parse_net(DROP_CONNECT, format="prototxt"), seed=9)
    other.load_weights(tmp_path / "w.caffemodel", strict=True)
    assert all(map(torch.equal, one.learnable, other.learnable))


def test_bias_can_be_a_blob() -> None:
    text = (
        DATA
        + parameter("b", 3)
        + inner_product("", more="").replace(
            'param { blob: "" }', 'param { name: "shared" } param { blob: "b" }'
        )
    )
    one = net(text)
    x, y = batch(), one.layers["y"]
    torch.testing.assert_close(one(x)["y"], F.linear(x, y.weight, one.layers["b"].value))
    assert [param.shared_name for param in one.graph.params] == ["", "shared"]


@EACH
def test_pass_is_one_graph_for_the_compiler(text: str) -> None:
    one = net(text, "TEST")
    compiled = torch.compile(one, fullgraph=True, backend="eager")
    for name, blob in one(batch()).items():
        assert torch.equal(compiled(batch())[name], blob)
    assert torch.export.export(one, (batch(),)).module()(batch()).keys() == one(batch()).keys()


@EACH
def test_layer_by_layer_gives_the_same_step(text: str) -> None:
    one = net(text)
    loss, grads = step(one, batch())
    runner = Layerwise(one)
    one.zero_grad()
    one.clock.batch = 0
    runner.blobs[one.graph.inputs[0].index].put(batch())
    torch.testing.assert_close(runner.forward(), loss)
    runner.backward()
    for param, other in zip(one.learnable, grads, strict=True):
        torch.testing.assert_close(param.grad, other)


@EACH
def test_transforms_of_torch_give_the_same_gradient(text: str) -> None:
    one = net(text)
    _, grads = step(one, batch())
    params = {name: param.detach() for name, param in one.named_parameters()}

    def loss(values: dict[str, Tensor]) -> Tensor:
        one.clock.batch = 0
        return functional_call(one, values, (batch(),))["loss"]

    for mine, theirs in zip(grad(loss)(params).values(), grads, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_second_derivative_is_that_of_plain_torch() -> None:
    one = net(WEIGHT_NORM).double()
    params = {name: param.detach() for name, param in one.named_parameters()}
    x = batch().double()

    def plain(values: dict[str, Tensor]) -> Tensor:
        v, g, bias = values.values()
        return F.linear(x, v * (g / v.norm(dim=1)).unsqueeze(1), bias).square().sum()

    mine = jacrev(grad(lambda values: functional_call(one, values, (x,))["loss"]))(params)
    theirs = jacrev(grad(plain))(params)
    torch.testing.assert_close(mine, theirs)


def test_part_of_a_net_takes_the_blob() -> None:
    one = net(AUTOENCODER, "TEST")
    x, w = batch(), torch.randn(6, 3)
    code = one(x, end="sigmoid")["code"]
    decoded = one(start="decoded", end="decoded", code=code, turned=w, x=x)["decoded"]
    torch.testing.assert_close(decoded, F.linear(code, w, one.layers["decoded"].bias))


def test_module_in_place_of_the_layer_takes_the_blob_after_its_bottoms() -> None:
    class Linear(nn.Module):
        def forward(self, x: Tensor, weight: Tensor) -> Tensor:
            return F.linear(x, weight)

    one = net(DROP_CONNECT, "TEST")
    one.layers["y"] = Linear()
    torch.testing.assert_close(one(batch())["loss"], (batch() @ one.layers["w"].value.t()).square().sum())


def test_copy_of_a_net_has_params_of_its_own() -> None:
    one = net(DROP_CONNECT, "TEST")
    other = deepcopy(one)
    before = one(batch())["loss"]
    with torch.no_grad():
        other.layers["w"].value.zero_()
    assert torch.equal(one(batch())["loss"], before)
    assert not torch.equal(other(batch())["loss"], before)


def test_failed_pass_leaves_no_blob_in_the_layer() -> None:
    one = net(DROP_CONNECT, "TEST")
    with pytest.raises(RuntimeError):
        one(torch.zeros(4, 5))
    assert one.layers["y"].weight is None


def test_layer_of_16_bits_computes_with_the_blob_as_with_a_param() -> None:
    own = DATA + inner_product("").replace('param { blob: "" }', "") + LOSS
    text = DATA + parameter("w", 3, 6) + 'layer { name: "n" type: "Power" bottom: "w" top: "n" }\n'
    given, plain = net(text + inner_product("n") + LOSS), net(own)
    with torch.no_grad():
        plain.layers["y"].weight.copy_(given.layers["w"].value)
    for one in (given, plain):
        apply_precision(one, SolverParameter(precision=BF16))
        one(batch())
    assert given.blobs["y"].dtype == torch.bfloat16
    assert torch.equal(given.blobs["y"], plain.blobs["y"])


def test_layer_that_stays_in_fp32_takes_a_wide_blob() -> None:
    text = (
        DATA
        + parameter("ones", 6, 6, filler="value: 0")
        + (
            'layer { name: "half" type: "InnerProduct" bottom: "ones" top: "half" '
            "inner_product_param { num_output: 1 bias_filler { value: 0.1 } } }\n"
            'layer { name: "flat" type: "Reshape" bottom: "half" top: "flat" '
            "reshape_param { shape { dim: 1 dim: 6 } } }\n"
            'layer { name: "norm" type: "BN" bottom: "x" top: "y" param { blob: "flat" } }\n'
        )
    )
    one = net(text)
    apply_precision(one, SolverParameter(precision=BF16))
    one(batch())
    assert one.blobs["half"].dtype == torch.bfloat16
    seen: list[torch.dtype] = []
    layer = one.layers["norm"]
    inner = type(layer).forward

    def forward(self: nn.Module, x: Tensor) -> Tensor:
        seen.append(self.slope.dtype)
        return inner(self, x)

    type(layer).forward = forward
    try:
        one(batch())
    finally:
        type(layer).forward = inner
    assert seen == [torch.float32]


@EACH
def test_net_is_written_as_python(text: str, tmp_path: Path) -> None:
    text = text.replace(LOSS, "").partition('layer { name: "loss"')[0]
    assert export_python(net(text, "TEST"), tmp_path / "net.py") < 1e-5
    written = (tmp_path / "net.py").read_text()
    assert "with_params(self.y, weight=" in written or "with_params(self.code, weight=" in written


def test_turned_blob_is_written_as_python(tmp_path: Path) -> None:
    text = DATA + parameter("w", 6, 3) + inner_product("w", more="transpose: true")
    export_python(net(text, "TEST"), tmp_path / "net.py")
    assert "weight=w.t())" in (tmp_path / "net.py").read_text()


def test_params_can_be_set_outside_a_pass() -> None:
    layer = net(DROP_CONNECT).layers["y"]
    w = torch.ones(3, 6)
    with with_params(layer, [w]):
        assert layer.weight is w
    assert layer.weight is None


def test_body_of_a_loop_computes_a_param() -> None:
    subnet = (
        'subnet { name: "step" layer { name: "in" type: "Input" top: "h" top: "w" '
        "input_param { shape { dim: 4 dim: 6 } shape { dim: 6 dim: 6 } } }\n"
        'layer { name: "turned" type: "Permute" bottom: "w" top: "t" permute_param { order: 1 order: 0 } }\n'
        + inner_product("t", "h", "next", 6, "bias_term: false")
        + "}\n"
    )
    loop = (
        'layer { name: "loop" type: "Loop" bottom: "x" bottom: "w" top: "y" subnet_param { net: "step" '
        'times: 2 carry { blob: "next" input: "h" } last: "next" } }\n'
    )
    one = net(subnet + DATA + parameter("w", 6, 6) + loop + LOSS)
    (w,) = params = leaves(one)
    same_step(one, (batch() @ w @ w).square().sum(), params)


@on_a_gpu
@EACH
def test_step_is_recorded_on_a_gpu(text: str) -> None:
    one, x = net(text, device="cuda"), batch().cuda()
    feed = one.fetch(0)
    feed = feed | {one.graph.inputs[0].index: x}

    def pass_() -> list[Tensor]:
        loss = one.loss(one.run(feed, one.outputs_only))
        return [loss, *torch.autograd.grad(loss, one.learnable)]

    # the passes before the recording run on another stream, as torch asks for
    torch.autograd.graph.set_warn_on_accumulate_grad_stream_mismatch(False)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        expected = [value.detach().clone() for value in pass_()]
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        values = pass_()
    graph.replay()
    for value, right in zip(values, expected, strict=True):
        torch.testing.assert_close(value.detach(), right)
