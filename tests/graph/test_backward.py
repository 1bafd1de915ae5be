from __future__ import annotations

import pytest
import torch

from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Feed, Net, graph_of
from layerzoo.schema import TRAIN, NetState

STATES = {"RNN": ["h"], "LSTM": ["h", "c"]}


def chain(kind: str, own: str = "") -> str:
    """A net of two recurrent layers, of which the second begins where the first ends."""

    def listed(key: str, suffix: str) -> str:
        return " ".join(f"{key}: '{name}{suffix}'" for name in STATES[kind])

    def layer(name: str, before: str, after: str) -> str:
        return f"""layer {{ name: '{name}' type: '{kind}' bottom: 'x' bottom: 'cont'
  {listed("bottom", before)}
  top: '{name}'
  {listed("top", after)}
  recurrent_param {{ num_output: 2 expose_hidden: true {own}
    weight_filler {{ type: 'uniform' min: -0.5 max: 0.5 }} }} }}
"""

    shapes = "shape { dim: 2 dim: 1 dim: 3 } shape { dim: 2 dim: 1 }"
    zeros = "".join(
        f"layer {{ name: '{s}0' type: 'DummyData' top: '{s}0' "
        "dummy_data_param { shape { dim: 1 dim: 1 dim: 2 } } }\n"
        for s in STATES[kind]
    )
    return (
        f"layer {{ name: 'in' type: 'Input' top: 'x' top: 'cont' input_param {{ {shapes} }} }}\n"
        + zeros
        + layer("encoder", "0", "1")
        + layer("decoder", "1", "2")
        + "layer { name: 'loss' type: 'Reduction' bottom: 'decoder' top: 'loss' loss_weight: 1 }"
    )


@pytest.mark.parametrize("kind", STATES)
def test_warn_of_stops_at_the_bottoms_that_lose_their_gradient(kind: str) -> None:
    text = chain(kind)
    warnings = graph_of(parse_net(text), NetState(phase=TRAIN)).warnings
    assert [(w.layer, w.message) for w in warnings] == [
        ("decoder", f"no gradient reaches bottom '{name}1' or the layers below it") for name in STATES[kind]
    ]
    line = next(i for i, row in enumerate(text.splitlines(), 1) if row.strip().startswith("bottom: 'h1'"))
    assert all(f":{line}:" in str(w.origin) for w in warnings)
    assert all("propagate_hidden: true" in (w.hint or "") for w in warnings)


@pytest.mark.parametrize("kind", STATES)
def test_warn_of_stops_at_an_exposed_top_that_a_loss_reads(kind: str) -> None:
    text = chain(kind).replace("bottom: 'decoder'", "bottom: 'h2'")
    warnings = graph_of(parse_net(text), NetState(phase=TRAIN)).warnings
    assert ("decoder", "the gradient of top 'h2' is not propagated") in [
        (w.layer, w.message) for w in warnings
    ]


@pytest.mark.parametrize("kind", STATES)
def test_warn_of_stops_is_silent_where_the_gradient_passes_or_none_is_wanted(kind: str) -> None:
    assert graph_of(parse_net(chain(kind, "propagate_hidden: true")), NetState(phase=TRAIN)).warnings == []
    without_loss = chain(kind).replace(" loss_weight: 1", "")
    assert graph_of(parse_net(without_loss), NetState(phase=TRAIN)).warnings == []


@pytest.mark.parametrize("kind", STATES)
@pytest.mark.parametrize("own", ["", "propagate_hidden: true"])
def test_gradient_of_the_encoder_is_zero_or_that_of_differences(kind: str, own: str) -> None:
    net = Net(parse_net(chain(kind, own)), phase="TRAIN")
    x = torch.randn(2, 1, 3, generator=torch.Generator().manual_seed(1))
    feed = {"x": x, "cont": torch.ones(2, 1)}
    weight = net.params["encoder"][0]
    net(**feed)["loss"].backward()
    whole = torch.zeros_like(weight) if weight.grad is None else weight.grad.clone()
    net.zero_grad()
    runner = Layerwise(net)
    runner.forward(Feed({0: x, 1: feed["cont"]}))
    runner.backward()
    layered = torch.zeros_like(weight) if weight.grad is None else weight.grad.clone()
    expected = torch.zeros_like(weight)
    if own:
        net.double()
        feed = {name: value.double() for name, value in feed.items()}
        with torch.no_grad():
            for index in range(weight.numel()):
                losses = []
                for step in (1e-6, -2e-6, 1e-6):
                    weight.flatten()[index] += step
                    losses.append(float(net(**feed)["loss"]))
                expected.view(-1)[index] = (losses[0] - losses[1]) / 2e-6
        assert expected.abs().max() > 0.01
    torch.testing.assert_close(whole, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(layered, expected, atol=1e-5, rtol=1e-4)


def test_mark_backward_ends_at_propagate_down_false() -> None:
    text = """
layer { name: "in" type: "Input" top: "x" top: "t" input_param { shape { dim: 3 dim: 2 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 2 } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" propagate_down: %s
        inner_product_param { num_output: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "b" bottom: "t" top: "loss" }
"""
    for flag, needed in (("false", ["b", "loss"]), ("true", ["a", "b", "loss"])):
        graph = graph_of(parse_net(text % flag), NetState(phase=TRAIN))
        assert [layer.name for layer in graph.layers if layer.needs_backward] == needed
        assert graph.last["a"].needs_grad is (flag == "true")


def test_warn_of_surrogates_where_the_gradient_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = """layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 2 } } }
layer { name: 'ip' type: 'Scale' bottom: 'x' top: 's' scale_param { axis: 0 } }
layer { name: 't' type: 'TanH' bottom: 's' top: 't' }
layer { name: 'loss' type: 'Reduction' bottom: 't' top: 'loss' loss_weight: 1 }
"""
    monkeypatch.setattr(LAYERS["TanH"], "surrogate_gradient", classmethod(lambda cls, param: "of tan"))
    (warning,) = graph_of(parse_net(text), NetState(phase=TRAIN)).warnings
    assert warning.message == "the gradient of a layer of type 'TanH' is a surrogate: of tan"
    assert (warning.layer, ":3:" in str(warning.origin)) == ("t", True)
    unused = text.replace(" loss_weight: 1", "")
    assert graph_of(parse_net(unused), NetState(phase=TRAIN)).warnings == []
