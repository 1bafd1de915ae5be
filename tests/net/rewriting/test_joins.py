"""Layers as one operation under autograd."""

from __future__ import annotations

from layerzoo.layer import RunningSums
from layerzoo.loader import parse_net
from layerzoo.net import Net, Plan
from layerzoo.net.rewriting.joins import join

TEXT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 dim: 2 dim: 2 } } }
layer { name: "b" type: "BatchNorm" bottom: "x" top: "b" %s }
layer { name: "s" type: "Scale" bottom: "b" top: "s" %s }
layer { name: "t" type: "BatchNorm" bottom: "s" top: "t" %s }
"""


def joined(*parts: str) -> list[str]:
    net = Net(parse_net(TEXT % parts).message, "TRAIN")
    plan = Plan(net.graph, net.ordered_layers(), [3])
    steps, fresh = join(plan, plan.steps, RunningSums())
    assert fresh <= {top for step in steps for top in step.tops}
    return [f"{step.layer.name}{step.tops[0]}{'' if step.call is step.layer else '*'}" for step in steps]


def test_join_runs_batch_norm_and_scale_as_one() -> None:
    assert joined("", "", "") == ["b2*", "t3*"]


def test_join_leaves_a_scale_over_another_axis() -> None:
    assert joined("", "scale_param { axis: 2 }", "") == ["b1*", "s2", "t3*"]


def test_join_leaves_layers_that_share_running_sums() -> None:
    shared = 'param { name: "m" } param { name: "v" } param { name: "n" }'
    assert joined(shared, "", shared) == ["b1", "s2", "t3"]
