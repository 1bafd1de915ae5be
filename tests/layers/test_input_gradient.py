"""InputGradient: the gradient of a subnet, and what is learned through it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap

from layerzoo.errors import ConfigError, LayerFault
from layerzoo.functional.transforms import values_hidden
from layerzoo.layer import LAYERS, Layer, compute_in
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import TEST
from tests.subnet.layers import inputs, layer_of, net_of, values

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "z" type: "Input" top: "z" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "slope" type: "InputGradient" bottom: "x" top: "dx" subnet_param { output: "y"
  body {
    layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 3 dim: 4 } } }
    layer { name: "fc" type: "InnerProduct" bottom: "x" top: "h" inner_product_param {
      num_output: 3 weight_filler { type: "gaussian" std: 0.5 } } }
    layer { name: "act" type: "TanH" bottom: "h" top: "y" }
  } } }
layer { name: "both" type: "InputGradient" bottom: "x" bottom: "z" top: "dx2" top: "dz" subnet_param {
  body {
    layer { name: "in" type: "Input" top: "x" top: "z" }
    layer { name: "sum" type: "Eltwise" bottom: "x" bottom: "z" top: "s" eltwise_param { operation: PROD } }
    layer { name: "act" type: "Sigmoid" bottom: "s" top: "y" }
  } } }
"""

POLYNOMIAL = """body {
  layer { name: "in" type: "Input" top: "x" top: "z" }
  layer { name: "cube" type: "Power" bottom: "x" top: "x3" power_param { power: 3 } }
  layer { name: "xz" type: "Eltwise" bottom: "x3" bottom: "z" top: "y" eltwise_param { operation: PROD } }
  layer { name: "twice" type: "Power" bottom: "x" top: "w" power_param { scale: 2 } } }"""
"""y = x^3 z, and w = 2 x."""

FC = """body {
  layer { name: "in" type: "Input" top: "x" }
  layer { name: "a" type: "InnerProduct" bottom: "x" top: "h" %s inner_product_param { num_output: 5
    weight_filler { type: "xavier" } bias_filler { type: "gaussian" } } }
  layer { name: "tanh" type: "TanH" bottom: "h" top: "h" }
  layer { name: "b" type: "InnerProduct" bottom: "h" top: "y" inner_product_param { num_output: 1
    weight_filler { type: "xavier" } } } }"""


def polynomial(fields: str = "", tops: str = 'top: "dx"') -> Layer:
    text = (
        f'name: "l" type: "InputGradient" bottom: "x" bottom: "z" {tops} subnet_param {{ %s {POLYNOMIAL} }}'
    )
    return layer_of(text % fields, (2, 2), (2, 2))


X, Z = torch.tensor([[1.0, 2], [3, -1]]), torch.tensor([[5.0, 1], [2, 4]])


def test_top_is_the_derivative_of_the_output() -> None:
    assert polynomial('output: "y"')(X, Z).tolist() == [[15, 12], [54, 12]]  # 3 x^2 z
    assert polynomial()(X, Z).tolist() == [[2, 2], [2, 2]]  # of the last layer's top, w


def test_each_of_the_first_inputs_has_a_top() -> None:
    dx, dz = polynomial('output: "y"', 'top: "dx" top: "dz"')(X, Z)
    assert dx.tolist() == [[15, 12], [54, 12]]
    assert dz.tolist() == [[1, 8], [27, -1]]


def test_outputs_are_added() -> None:
    assert polynomial('output: "y" output: "w"')(X, Z).tolist() == [[17, 14], [56, 14]]


def test_gradient_of_an_input_that_does_not_matter_is_zero() -> None:
    dx, dz = polynomial('output: "w"', 'top: "dx" top: "dz"')(X, Z)
    assert dx.unique().tolist() == [2]
    assert dz.unique().tolist() == [0]
    assert polynomial('output: "z"')(X, Z).unique().tolist() == [0]
    fixed = vmap(lambda x, z: polynomial('output: "z"')(x[None], z[None])[0])(X, Z)
    assert fixed.unique().tolist() == [0]


def test_one_blob_for_two_inputs_counts_as_two() -> None:
    x = X.clone().requires_grad_()
    dx = polynomial('output: "y"')(x, x)
    assert torch.equal(dx, 3 * x**3)  # not 4 x^3
    assert torch.equal(torch.autograd.grad(dx.sum(), x)[0], 9 * x**2)


def test_second_derivatives_reach_bottoms_and_params() -> None:
    layer = layer_of(f'name: "l" type: "InputGradient" bottom: "x" subnet_param {{ {FC % ""} }}', (4, 3))
    a, bias, b = layer.blobs[:3]
    x = values(4, 3).requires_grad_()

    def peer(x: Tensor) -> Tensor:
        """sum_j b_j (1 - tanh^2(a_j x + c_j)) a_j, by hand."""
        return ((1 - torch.tanh(x @ a.t() + bias) ** 2) * b) @ a

    given = (x, a, bias, b)
    weights = values(4, 3, seed=2)
    found = torch.autograd.grad((layer(x) * weights).sum().square(), given)
    expected = torch.autograd.grad((peer(x) * weights).sum().square(), given)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_values_are_the_same_where_nothing_is_recorded() -> None:
    layer = layer_of(f'name: "l" type: "InputGradient" bottom: "x" subnet_param {{ {FC % ""} }}', (4, 3))
    x = values(4, 3)
    expected = layer(x)
    assert expected.requires_grad  # it depends on the weights
    with torch.no_grad():
        plain = layer(x)
    with torch.inference_mode():
        inferred = layer(values(4, 3))
    assert not plain.requires_grad
    for found in (plain, inferred):
        assert torch.equal(found, expected)
    with values_hidden():
        assert torch.equal(layer(x), expected)
    assert x.grad is None
    assert all(blob.grad is None for blob in layer.blobs)


def test_input_that_a_layer_overwrites_in_place_stays() -> None:
    body = """body { layer { name: "in" type: "Input" top: "x" }
      layer { name: "relu" type: "ReLU" bottom: "x" top: "x" }
      layer { name: "square" type: "Power" bottom: "x" top: "y" power_param { power: 2 } } }"""
    layer = layer_of(f'name: "l" type: "InputGradient" bottom: "x" subnet_param {{ {body} }}', (3,))
    for x in (torch.tensor([-1.0, 2, 3]), torch.tensor([-1.0, 2, 3], requires_grad=True)):
        assert layer(x).tolist() == [0, 4, 6]
        assert x.tolist() == [-1, 2, 3]


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # by torch.func
def test_transforms_of_torch_func_enclose_it() -> None:
    layer = layer_of(f'name: "l" type: "InputGradient" bottom: "x" subnet_param {{ {FC % ""} }}', (4, 3))
    x = values(4, 3)
    torch.testing.assert_close(vmap(lambda row: layer(row[None])[0])(x), layer(x))
    weights = {name: param.detach() for name, param in layer.named_parameters()}
    by_func = grad(lambda w: functional_call(layer, w, (x,)).square().sum())(weights)
    layer(x).square().sum().backward()
    for name, param in layer.named_parameters():
        if param.grad is not None:
            torch.testing.assert_close(by_func[name], param.grad)


def test_derivatives_nest() -> None:
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 } } }
      subnet { name: "cube" layer { name: "in" type: "Input" top: "x" }
        layer { name: "p" type: "Power" bottom: "x" top: "y" power_param { power: 3 } } }
      subnet { name: "first" layer { name: "in" type: "Input" top: "x" }
        layer { name: "g" type: "InputGradient" bottom: "x" top: "dx" subnet_param { net: "cube" } } }
      layer { name: "second" type: "InputGradient" bottom: "x" top: "ddx" subnet_param { net: "first" } }"""
    x = torch.tensor([1.0, 2, -3])
    assert net_of(text)(x=x)["ddx"].tolist() == [6, 12, -18]
    with torch.inference_mode():
        assert net_of(text)(x=x)["ddx"].tolist() == [6, 12, -18]


def test_narrow_types_are_those_of_the_bottoms() -> None:
    layer = layer_of(f'name: "l" type: "InputGradient" bottom: "x" subnet_param {{ {FC % ""} }}', (4, 3))
    x = values(4, 3).bfloat16()
    exact = layer(x.float())
    compute_in(layer, torch.bfloat16)
    found = layer(x)
    assert found.dtype == torch.bfloat16
    assert float((found - exact).detach().abs().max()) < 0.02


SHARED = (
    inputs(x=(4, 3))
    + f"""
subnet {{ name: "critic" {FC[FC.index("{") + 1 : -1]} }}
layer {{ name: "D" type: "Call" bottom: "x" top: "score" all_params {{ name: "D" }}
  subnet_param {{ net: "critic" output: "y" }} }}
layer {{ name: "slope" type: "InputGradient" bottom: "x" top: "dx" all_params {{ name: "D" }}
  subnet_param {{ net: "critic" output: "y" }} }}
"""
)


@pytest.mark.parametrize("named", ["", 'param { name: "first" } param { lr_mult: 2 }'])
def test_params_are_those_of_a_call_with_the_same_name(named: str) -> None:
    net = net_of(SHARED % named)
    assert [len(param.users) for param in net.graph.params] == [2, 2, 2, 2]
    names = [param.shared_name for param in net.graph.params]
    assert names == ["D/first" if named else "D/a/0", "D/a/1", "D/b/0", "D/b/1"]
    assert [param.lr_mult for param in net.graph.params] == [1, 2 if named else 1, 1, 1]
    x = values(4, 3).requires_grad_()
    found = net(x=x)
    (expected,) = torch.autograd.grad(found["score"].sum(), x, retain_graph=True)
    torch.testing.assert_close(found["dx"], expected)
    found["dx"].square().sum().backward()
    assert net.learnable[0].grad is not None
    assert float(net.learnable[0].grad.abs().sum()) > 0


def test_multiply_adds_are_those_of_both_ways() -> None:
    param = parse_net(f'layer {{ name: "l" type: "InputGradient" bottom: "x" subnet_param {{ {FC % ""} }} }}')
    layer = param.message.layer[0]
    layer.phase = TEST
    assert LAYERS["InputGradient"].macs(layer, [(4, 3)], [(4, 3)]) == 2 * 4 * (3 * 5 + 5)


FAULTS: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "bottoms": (
        "1 bottoms for 2 inputs of the subnet: x, z",
        "bottom",
        lambda t: t.replace('bottom: "z"', ""),
    ),
    "tops": (
        "3 tops for 2 inputs of the subnet: x, z",
        "top",
        lambda t: t.replace('top: "dx"', 'top: "dx" top: "dz" top: "dw"'),
    ),
    "output": (
        "the subnet has no blob 'yy'",
        "subnet_param.output",
        lambda t: t.replace("subnet_param {", 'subnet_param { output: "yy"', 1),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_names_its_field(fault: str) -> None:
    message, field, change = FAULTS[fault]
    text = (
        f'name: "l" type: "InputGradient" bottom: "x" bottom: "z" top: "dx" subnet_param {{ {POLYNOMIAL} }}'
    )
    bottoms = [(2, 2)] * (1 if fault == "bottoms" else 2)
    with pytest.raises(LayerFault, match=message) as caught:
        layer_of(change(text), *bottoms)
    assert caught.value.field == field


def test_named_param_is_a_fault_at_its_line() -> None:
    text = SHARED % ""
    wrong = text[: text.rindex("all_params")] + 'param { name: "D" }' + text[text.rindex("all_params") + 26 :]
    with pytest.raises(ConfigError, match=r"all_params \{ name: … \} shares all params of the subnet"):
        Net(parse_net(wrong))
