"""The plan of a training pass gives the numbers of the plain one: outputs, gradients and running sums."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from layerzoo.layer import compute_in
from layerzoo.loader import parse_net
from layerzoo.net import Net, Plan
from layerzoo.net.feed import whole_inputs
from layerzoo.net.rewriting.choices import lay_out_params
from layerzoo.net.rewriting.training import training_plan
from tests.conformance import CAFFES, Recording, differences
from tests.net.rewriting.test_deployment import SIDES

BLOCK = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 4 dim: 6 dim: 5 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 6 kernel_size: 3
  pad: 1 bias_term: false weight_filler { type: "msra" } } }
layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "s" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
layer { name: "d" type: "Convolution" bottom: "c" top: "d" convolution_param { num_output: 5 kernel_size: 1
  weight_filler { type: "msra" } bias_filler { value: 0.3 } } }
layer { name: "e" type: "ReLU" bottom: "d" top: "d" relu_param { negative_slope: 0.2 } }
layer { name: "p" type: "Pooling" bottom: "d" top: "p" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "i" type: "InnerProduct" bottom: "p" top: "i" inner_product_param { num_output: 4
  weight_filler { type: "xavier" } } }
layer { name: "o" type: "ReLU" bottom: "i" top: "o" }
layer { name: "l" type: "EuclideanLoss" bottom: "o" bottom: "o2" top: "l" }
"""


def block() -> Net:
    label = 'layer { name: "y" type: "Input" top: "o2" input_param { shape { dim: 3 dim: 4 } } }'
    return Net(parse_net(label + BLOCK).message, "TRAIN")


def run(net: Net, plan: Plan, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Outputs, gradients and params after a pass."""
    given = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    values = net.run(net.fetch() | whole_inputs(net.graph, (), given), plan)
    ends = [value for blob in net.graph.outputs if (value := values[blob.index]) is not None]
    driven = [end for end in ends if end.requires_grad]
    seeds = [torch.linspace(0.5, 1.5, end.numel()).view(end.shape) for end in driven]
    if driven:
        torch.autograd.backward(driven, seeds)
    found = {f"out {i}": end.detach() for i, end in enumerate(ends)}
    found |= {f"in_diff {name}": x.grad for name, x in given.items() if x.grad is not None}
    for i, param in enumerate(net.parameters()):
        found[f"param {i}"] = param.detach()
        if param.grad is not None:
            found[f"diff {i}"] = param.grad
    return found


def plain(net: Net) -> Plan:
    return Plan(net.graph, net.ordered_layers(), net.outputs_only.kept)


@pytest.mark.parametrize("last", [False, True], ids=["nchw", "channels_last"])
@pytest.mark.parametrize("name", [name for name in CAFFES if Recording(name).phase == "TRAIN"])
def test_training_plan_gives_the_numbers_of_the_plain_one(name: str, last: bool) -> None:
    case = Recording(name)
    found = []
    for rewritten in (False, True):
        net = Net(case.net, phase="TRAIN")
        for layer, index, value in case.params("param"):
            net.params[layer][index].data.copy_(value)
        plan = plain(net)
        if rewritten:
            lay_out_params(net.ordered_layers(), last)
            plan = training_plan(plan, fuse=True, channels_last=last)
        found.append(run(net, plan, case.all("in")))
    assert differences(found[1], found[0]) == []


@pytest.mark.parametrize("last", [False, True], ids=["nchw", "channels_last"])
def test_training_plan_of_a_block_gives_the_numbers_of_the_plain_one(last: bool) -> None:
    inputs = {"x": torch.randn(3, 4, 6, 5), "o2": torch.randn(3, 4)}
    one, two = block(), block()
    fast = plain(two)
    lay_out_params(two.ordered_layers(), last)
    fast = training_plan(fast, fuse=True, channels_last=last)
    assert [step.layer.name for step in fast.steps] == ["c", "b", "r", "d", "p", "i", "o", "l"]
    for _ in range(2):  # running sums of the second pass add to those of the first
        found = [run(net, plan, inputs) for net, plan in ((one, plain(one)), (two, fast))]
    assert differences(found[1], found[0]) == []
    assert one.layer("b").scale_factor.item() == pytest.approx(1.999)


@pytest.mark.parametrize("last", [False, True], ids=["nchw", "channels_last"])
def test_training_plan_keeps_pads_of_sides_and_sums_that_broadcast(last: bool) -> None:
    found = []
    for rewritten in (False, True):
        net = Net(parse_net(SIDES).message, "TRAIN")
        plan = plain(net)
        if rewritten:
            lay_out_params(net.ordered_layers(), last)
            plan = training_plan(plan, fuse=True, channels_last=last)
        generator = torch.Generator().manual_seed(1)
        found.append(run(net, plan, {"x": torch.randn(2, 4, 6, 5, generator=generator)}))
    assert differences(found[1], found[0]) == []


def test_training_plan_in_bf16_joins_and_overwrites_as_in_fp32() -> None:
    one, two = block(), block()
    fused = training_plan(plain(two))
    for net in (one, two):
        for layer in net.ordered_layers():
            compute_in(layer, torch.float32 if layer.is_loss else torch.bfloat16)
    assert fused.ready() is not fused, "its operations are those of FP32"
    typed = training_plan(plain(two))
    calls = [[(step.layer.name, step.call is step.layer) for step in plan.steps] for plan in (typed, fused)]
    assert calls[0] == calls[1]
    inputs = {"x": torch.randn(3, 4, 6, 5), "o2": torch.randn(3, 4)}
    wanted, found = run(one, plain(one), inputs), run(two, typed, inputs)
    for name, value in wanted.items():
        assert float((found[name] - value).norm()) <= 0.05 * float(value.norm()), name
