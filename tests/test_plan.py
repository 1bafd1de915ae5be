"""The steps of a pass: their order, what is fetched, and which blobs are let go when."""

from __future__ import annotations

from weakref import ref

import torch
from torch import Tensor

from layerzoo.loader import parse_net
from layerzoo.net import Net, Plan
from layerzoo.plan import fetched, run_steps

# blob versions:  0 x  1 t   2 a   3 a (in place)   4 b   5 c  6 d   7 u   8 s
NET = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 } } }
layer { name: "data" type: "DummyData" top: "t" dummy_data_param { shape { dim: 2 dim: 2 } } }
layer { name: "a" type: "Power" bottom: "x" top: "a" power_param { scale: 2 } }
layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
layer { name: "b" type: "Eltwise" bottom: "a" bottom: "t" top: "b" }
layer { name: "cd" type: "Slice" bottom: "b" top: "c" top: "d" }
layer { name: "u" type: "Power" bottom: "b" top: "u" power_param { scale: 3 } }
layer { name: "s" type: "Eltwise" bottom: "c" bottom: "c" top: "s"
        propagate_down: true propagate_down: false }
"""


def net() -> Net:
    return Net(parse_net(NET))


def steps(keep: list[int] | None, **part: int) -> dict[str, tuple[int, ...]]:
    """For each step what it lets go."""
    n = net()
    return {step.layer.name: step.frees for step in Plan(n.graph, n.ordered_layers(), keep, **part).steps}


def test_plan_runs_neither_inputs_nor_what_is_fetched() -> None:
    n = net()
    assert fetched(n.graph, n.ordered_layers()) == [1]
    plan = Plan(n.graph, n.ordered_layers())
    assert [step.layer.name for step in plan.steps] == ["a", "r", "b", "cd", "u", "s"]
    assert [(step.bottoms, step.tops) for step in plan.steps][2:4] == [((3, 1), (4,)), ((4,), (5, 6))]


def test_plan_that_keeps_all_frees_nothing() -> None:
    assert steps(None) == {"a": (), "r": (), "b": (), "cd": (), "u": (), "s": ()}


def test_plan_frees_a_blob_after_its_last_consumer_and_an_unused_top_at_once() -> None:
    assert steps([8]) == {"a": (0,), "r": (2,), "b": (1, 3), "cd": (6,), "u": (4, 7), "s": (5,)}
    assert steps([3, 6, 8]) == {"a": (0,), "r": (2,), "b": (1,), "cd": (), "u": (4, 7), "s": (5,)}


def test_plan_of_a_part_counts_the_consumers_in_it() -> None:
    assert steps([], start=4, end=4) == {"b": (1, 3, 4)}
    assert steps([], start=4) == {"b": (1, 3), "cd": (6,), "u": (4, 7), "s": (5, 8)}


def test_plan_of_chosen_layers_runs_no_others() -> None:
    n = net()
    plan = Plan(n.graph, n.ordered_layers(), [], only={2, 4})
    assert [(step.layer.name, step.frees) for step in plan.steps] == [("a", (0, 2)), ("b", (1, 3, 4))]


def test_plan_cuts_the_bottoms_that_no_gradient_may_flow_to() -> None:
    n = net()
    plan = Plan(n.graph, n.ordered_layers())
    assert [step.cut for step in plan.steps] == [(), (), (), (), (), (1,)]


def test_run_steps_leaves_only_what_the_plan_keeps() -> None:
    n = net()
    tops: list[ref[Tensor]] = []
    for name in ("a", "r", "b", "cd"):
        n.layer(name).register_forward_hook(
            lambda layer, given, made: tops.append(ref(made[0] if isinstance(made, tuple) else made))
        )
    alive: list[bool] = []
    n.layer("s").register_forward_pre_hook(
        lambda layer, given: alive.extend(top() is not None for top in tops)
    )
    held: list[Tensor | None] = [None] * len(n.graph.blobs)
    held[0], held[1] = torch.ones(2, 2), torch.ones(2, 2)
    with torch.inference_mode():
        run_steps(Plan(n.graph, n.ordered_layers(), [8]), held, lambda *_: None)
    assert alive == [False, False, False, True], "when s runs only its bottom is left"
    assert [index for index, value in enumerate(held) if value is not None] == [8]
    assert held[8] is not None
    assert held[8].tolist() == [[6.0], [6.0]]
