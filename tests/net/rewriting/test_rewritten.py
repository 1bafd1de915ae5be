"""A plan with other steps, and when the plain one runs."""

from __future__ import annotations

from layerzoo.loader import parse_net
from layerzoo.net import Net, Plan
from layerzoo.net.rewriting.rewritten import Rewritten

TEXT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "a" type: "ReLU" bottom: "x" top: "a" }
layer { name: "b" type: "TanH" bottom: "a" top: "b" }
"""


def test_rewritten_runs_unless_a_layer_has_a_hook() -> None:
    net = Net(parse_net(TEXT).message)
    plain = Plan(net.graph, net.ordered_layers(), [2])
    rewritten = Rewritten(plain, plain.steps[1:])
    assert rewritten.ready() is rewritten
    assert [step.frees for step in rewritten.steps] == [(1,)]
    handle = net.layer("a").register_forward_hook(lambda *_: None)
    assert rewritten.ready() is plain
    handle.remove()
    assert rewritten.ready() is rewritten
