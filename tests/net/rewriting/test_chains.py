"""Which layers may be part of another operation, and which layer follows which."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.layers.relu import ReLU
from layerzoo.loader import parse_net
from layerzoo.net import Net, Plan
from layerzoo.net.rewriting.chains import Chains, is_plain, states, states_class

TEXT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "a" type: "ReLU" bottom: "x" top: "a" }
layer { name: "b" type: "Power" bottom: "a" top: "b" }
layer { name: "c" type: "Power" bottom: "b" top: "c" propagate_down: false }
layer { name: "d" type: "TanH" bottom: "c" top: "d" }
layer { name: "e" type: "Eltwise" bottom: "c" bottom: "d" top: "e" }
"""


def net() -> Net:
    return Net(parse_net(TEXT).message)


def chains(n: Net, keep: list[int] | None) -> Chains:
    plan = Plan(n.graph, n.ordered_layers(), keep)
    return Chains(plan, plan.steps)


def test_next_is_the_only_consumer() -> None:
    last = net().graph.last
    found = chains(net(), [last["e"].index])
    assert [found.next(place) for place in range(5)] == [1, None, None, 4, None], "c is cut, and used twice"
    assert chains(net(), [last["a"].index]).next(0) is None, "a is kept"
    assert chains(net(), None).next(0) is None, "all are kept"


def test_following_ends_where_a_layer_has_a_hook() -> None:
    n = net()
    assert chains(n, [5]).following(0) == [1]
    n.layer("b").register_forward_hook(lambda *_: None)
    assert chains(n, [5]).following(0) == []


def test_is_plain_without_hooks_and_other_passes() -> None:
    layer = net().layer("a")
    assert is_plain(layer)
    layer.forward = lambda x: x  # type: ignore[method-assign]
    assert not is_plain(layer)


def test_states_is_false_for_a_subclass_with_another_pass() -> None:
    class Other(ReLU):
        """A ReLU of another kind."""

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(x - 1)

    class Same(ReLU):
        """A ReLU."""

    assert states_class(ReLU, "activation")
    assert states_class(Same, "activation")
    assert not states_class(Other, "activation")
    assert states(net().layer("a"), "activation")
    assert not states(net().layer("b"), "activation")
