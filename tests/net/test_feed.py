"""Fetching a feed, and running passes on it."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.host import PythonLayer, allow_modules, modules
from layerzoo.loader import parse_net
from layerzoo.net import Feed, Net, Plan

NET = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "d" type: "DummyData" top: "t" dummy_data_param { shape { dim: 2 dim: 3 }
  data_filler { type: "gaussian" } } }
layer { name: "s" type: "Eltwise" bottom: "x" bottom: "t" top: "s" }
"""


def test_fetch_runs_the_data_layers_for_the_pass_of_a_number() -> None:
    n = Net(parse_net(NET))
    feed = n.fetch(4)
    t = n.graph.last["t"].index
    assert list(feed.blobs) == [t]
    assert (feed.batch, n.clock.batch) == (4, 4)
    assert torch.equal(feed.blobs[t], n.fetch().blobs[t]), "the clock says which"
    assert not torch.equal(feed.blobs[t], n.fetch(5).blobs[t])


def test_run_takes_a_kept_feed_again_and_reads_no_data() -> None:
    n = Net(parse_net(NET))
    reads: list[int] = []
    n.layer("d").register_forward_hook(lambda *_: reads.append(n.clock.batch))
    feed = n.fetch(3) | {n.graph.last["x"].index: torch.ones(2, 3)}
    n.fetch(9)
    s, t = n.graph.last["s"].index, n.graph.last["t"].index
    for _ in range(2):
        values = n.run(feed, n.outputs_only)
        assert torch.equal(values[s], feed.blobs[t] + 1)  # type: ignore[arg-type]
    assert reads == [3, 9]


def test_feed_with_further_blobs_leaves_the_first_as_it_was() -> None:
    first = Feed({0: torch.zeros(1)}, 7)
    both = first | {1: torch.ones(1)}
    assert (list(first.blobs), list(both.blobs), both.batch) == ([0], [0, 1], 7)


def test_fetch_says_which_layer_failed() -> None:
    n = Net(parse_net(NET))

    def fail(*_: object) -> None:
        raise RuntimeError("torn")

    n.layer("d").register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="torn") as raised:
        n.fetch()
    assert raised.value.__notes__ == ["in layer 'd' (DummyData, <prototxt>:3:1), bottoms: none"]


class Numbers(PythonLayer):
    """A source: the number of calls of any layer of this module so far."""

    calls = 0

    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(1)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[...] = Numbers.calls
        Numbers.calls += 1


class Own(Numbers):
    """A source with a param blob."""

    def setup(self, bottom: Any, top: Any) -> None:
        self.blobs.add_blob(1)


class Tell(PythonLayer):
    """A layer with a bottom and an effect: it counts as a call."""

    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom: Any, top: Any) -> None:
        Numbers.calls += 1
        top[0].data[...] = bottom[0].data


@pytest.fixture(autouse=True)
def module(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ModuleType("feed_layers")
    own.Numbers, own.Own, own.Tell = Numbers, Own, Tell  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "feed_layers", own)
    monkeypatch.setattr(Numbers, "calls", 0)
    monkeypatch.setattr(modules, "_allowed", set())
    allow_modules(["feed_layers"])


def python(name: str, kind: str, bottom: str = "") -> str:
    return (
        f'layer {{ name: "{name}" type: "Python" {bottom} top: "{name}" '
        f'python_param {{ module: "feed_layers" layer: "{kind}" }} }}'
    )


def in_the_pass(n: Net) -> list[str]:
    return [step.layer.name for step in Plan(n.graph, n.ordered_layers()).steps]


def test_fetch_runs_python_layers_without_bottoms() -> None:
    n = Net(parse_net(python("a", "Numbers") + python("b", "Numbers") + python("c", "Tell", 'bottom: "b"')))
    assert in_the_pass(n) == ["c"]
    assert [tensor.item() for tensor in n.fetch().blobs.values()] == [0, 1], "in the order of the config"
    out = n()
    assert {name: blob.item() for name, blob in out.items()} == {"a": 2, "c": 3}


def test_fetch_leaves_a_python_source_in_the_pass_that_runs_after_other_python() -> None:
    n = Net(parse_net(python("a", "Numbers") + python("b", "Tell", 'bottom: "a"') + python("c", "Numbers")))
    assert in_the_pass(n) == ["b", "c"]
    assert {name: blob.item() for name, blob in n().items()} == {"b": 0, "c": 2}, "b has told before c"


def test_fetch_leaves_a_python_source_in_the_pass_that_has_params() -> None:
    n = Net(parse_net(python("a", "Own")))
    assert in_the_pass(n) == ["a"]
    assert not n.fetch().blobs


AXES = """
layer { name: "x" type: "Input" top: "x" top: "mask" input_param {
  shape { dim: -1 dim: 64 dim: 3 } axes: "N T _" shape { dim: -1 dim: 64 } axes: "N T" } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 axis: 2 } }
"""


def test_axes_that_vary_may_have_any_size() -> None:
    n = Net(parse_net(AXES, format="prototxt"))
    for shape in ((1, 7), (5, 100), (2, 1)):
        assert n(torch.zeros(*shape, 3), torch.zeros(shape))["y"].shape == (*shape, 2)


def test_other_axes_must_have_their_size() -> None:
    n = Net(parse_net(AXES, format="prototxt"))
    with pytest.raises(UsageError, match=r"axis 2 of input 'x' has the size 4; the net takes \(N, T, 3\)"):
        n(torch.zeros(1, 7, 4), torch.zeros(1, 7))


def test_axes_of_one_name_must_have_one_size() -> None:
    n = Net(parse_net(AXES, format="prototxt"))
    with pytest.raises(UsageError, match="axis T has the size 7 in input 'x' and 8 in 'mask'"):
        n(torch.zeros(1, 7, 3), torch.zeros(1, 8))


def test_sizes_of_axes_without_a_name_differ() -> None:
    text = 'layer { name: "x" type: "Input" top: "a" top: "b" input_param { shape { dim: -1 dim: -1 } } }'
    n = Net(parse_net(text, format="prototxt"))
    assert n(torch.zeros(1, 2), torch.zeros(3, 4))["b"].shape == (3, 4)
