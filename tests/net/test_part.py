"""Passes over a part of a net's layers."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.loader import parse_net
from layerzoo.net import Net

TEXT = """
layer { name: "in" type: "Input" top: "x" top: "t"
  input_param { shape { dim: 1 dim: 2 } shape { dim: 1 dim: 2 } } }
layer { name: "twice" type: "Power" bottom: "x" top: "y" power_param { scale: 2 } }
layer { name: "shift" type: "Power" bottom: "y" top: "y" power_param { shift: 1 } }
layer { name: "ip" type: "InnerProduct" bottom: "y" top: "z"
  inner_product_param { num_output: 2 weight_filler { type: "constant" value: 1 } } }
layer { name: "l" type: "EuclideanLoss" bottom: "z" bottom: "t" top: "l" }
"""
X, T = torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)


def net() -> Net:
    return Net(parse_net(TEXT))


def test_end_gives_the_tops_of_that_layer() -> None:
    n = net()
    assert {name: top.tolist() for name, top in n.forward(X, end="shift").items()} == {"y": [[3.0, 5.0]]}
    assert n(x=X, end="twice")["y"].tolist() == [[2.0, 4.0]]
    assert n(X, T, end="in")["t"] is T
    with pytest.raises(UsageError, match=r"blob 'z' is missing \(the last pass did not compute it\)"):
        n.blobs["z"]


def test_start_continues_from_the_last_pass() -> None:
    n = net()
    n(X, T)
    with torch.no_grad():
        n.params["ip"][0].mul_(2)
    assert n.forward(start="ip")["l"].item() == pytest.approx(256.0)
    assert n.blobs["z"].tolist() == [[16.0, 16.0]]
    assert n.blobs["y"].tolist() == [[3.0, 5.0]]
    assert n.forward(start="ip", end="ip")["z"].tolist() == [[16.0, 16.0]]


def test_start_takes_blobs_by_name() -> None:
    n = net()
    assert n.forward(start="ip", end="ip", y=torch.ones(3, 2))["z"].tolist() == [[2.0, 2.0]] * 3
    assert n.forward(start="shift", end="ip", y=torch.ones(1, 2))["z"].tolist() == [[4.0, 4.0]]


def test_gradient_at_a_blob() -> None:
    n = net()
    feature = n.forward(X, T, end="shift")["y"].requires_grad_()
    out = n.forward(start="ip", y=feature, t=T)
    (grad,) = torch.autograd.grad(out["l"], feature)
    assert grad.tolist() == [[16.0, 16.0]]


def test_gradient_flows_through_parts() -> None:
    text = TEXT.replace('type: "Power" bottom: "x"', 'type: "Scale" bottom: "x"')
    n = Net(parse_net(text.replace("power_param { scale: 2 }", "scale_param { filler { value: 2 } }")))
    n(X, T, end="twice")  # T is for the second part
    n(start="shift")
    n.loss().backward()
    assert n.params["twice"][0].grad is not None
    assert n.params["twice"][0].grad.tolist() == [16.0, 32.0]


def test_part_counts_as_a_pass_if_it_begins_one() -> None:
    n = net()
    n(X, end="ip")
    n(start="l", t=T)
    n(X, T)
    assert n.clock.batch == 2


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"end": "ipp"}, "no layer 'ipp'.*did you mean 'ip'"),
        ({"start": "ip", "end": "twice"}, "start 'ip' comes after end 'twice'"),
        ({"start": "ip", "q": X}, "don't take a blob 'q'; they take t, y"),
        ({"start": "ip"}, "blob '[yt]' is empty: no forward pass has been run"),
        ({"end": "ip"}, "blob 'x' is empty: no forward pass has been run"),
    ],
)
def test_forward_refuses_wrong_parts(how: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        net().forward(**how)  # type: ignore[arg-type]


def test_data_layer_in_a_part_is_read() -> None:
    text = TEXT.replace(
        TEXT[: TEXT.index('layer { name: "twice"')],
        'layer { name: "in" type: "DummyData" top: "x" top: "t" dummy_data_param { shape { dim: 1 dim: 2 } '
        "data_filler { value: 3 } } }\n",
    )
    n = Net(parse_net(text))
    assert n(end="twice")["y"].tolist() == [[6.0, 6.0]]
    assert n(start="shift", end="ip")["z"].tolist() == [[14.0, 14.0]]
    assert n.clock.batch == 1


def test_part_that_runs_again_replaces_its_blobs() -> None:
    n = net()
    kept: list[torch.Tensor] = []
    n.layer("ip").register_forward_hook(lambda module, given, made: kept.append(made))
    n(X, T)
    assert n.blobs["z"] is kept[0]
    with torch.no_grad():
        n.forward(start="ip", y=torch.ones(1, 2))
    assert n.blobs["z"] is kept[1]
    assert n.blobs["z"].tolist() == [[2.0, 2.0]]
