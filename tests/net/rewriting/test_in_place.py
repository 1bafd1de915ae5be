"""Activations that overwrite their bottom."""

from __future__ import annotations

from layerzoo.loader import parse_net
from layerzoo.net import Net, Plan
from layerzoo.net.rewriting.in_place import overwrite

TEXT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "r0" type: "ReLU" bottom: "x" top: "r0" }
layer { name: "i" type: "InnerProduct" bottom: "r0" top: "i" inner_product_param { num_output: 3 } }
layer { name: "r1" type: "ReLU" bottom: "i" top: "r1" }
layer { name: "s" type: "Sigmoid" bottom: "r1" top: "s" }
layer { name: "r2" type: "ReLU" bottom: "s" top: "r2" }
layer { name: "j" type: "InnerProduct" bottom: "r2" top: "j" inner_product_param { num_output: 3 } }
layer { name: "r3" type: "ReLU" bottom: "j" top: "r3" }
layer { name: "e" type: "Eltwise" bottom: "j" bottom: "r3" top: "e" }
"""


def test_overwrite_where_nothing_needs_the_bottom() -> None:
    net = Net(parse_net(TEXT).message)
    plan = Plan(net.graph, net.ordered_layers(), [net.graph.last["e"].index])
    steps = overwrite(plan, plan.steps, set())
    changed = [step.layer.name for step in steps if step.call is not step.layer]
    assert changed == ["r1"], (
        "not the input, not what a sigmoid's backward pass reads, not what is used twice"
    )
    top = net.graph.last["s"].index
    steps = overwrite(plan, plan.steps, {top})
    assert [step.layer.name for step in steps if step.call is not step.layer] == ["r1", "r2"]
