"""A net of one weight whose loss and gradients are computed by hand.

``y = 2x`` for a batch of two ones, compared with zeros: the loss is ``(2^2 + 2^2) / (2 * 2) = 2``, its
gradient with respect to the weight ``(2 + 2) / 2 = 2``.
"""

from __future__ import annotations

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.optimizer import UpdateRule, make_rule
from layerzoo.schema import SolverParameter
from layerzoo.solver.make_engine import update_params

LOSS = 2.0
GRADIENT = 2.0
NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 2 dim: 1 } shape { dim: 2 dim: 1 } data_filler { value: 1 } data_filler { value: 0 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
        inner_product_param { num_output: 1 bias_term: false weight_filler { value: 2 } } }
layer { name: "l" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "l" }
"""


def small_net() -> Net:
    return Net(parse_net(NET), phase="TRAIN")


def rule_of(net: Net) -> UpdateRule:
    rule = make_rule(SolverParameter(base_lr=1, lr_policy="fixed"), update_params(net))
    assert isinstance(rule, UpdateRule)
    return rule
