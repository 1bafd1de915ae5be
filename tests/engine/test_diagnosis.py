"""Diagnosis of the first tensor that is not finite."""

from __future__ import annotations

import pytest
import torch

from layerzoo.engine.diagnosis import Diagnosis
from layerzoo.engine.gradient_sync import give_gradients
from layerzoo.loader import parse_net
from layerzoo.net import Net

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 } data_filler { type: "constant" value: %s }
  data_filler { type: "constant" value: 1 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 2 weight_filler { type: "constant" value: %s } } }
layer { name: "p" type: "Power" bottom: "a" top: "p" power_param { power: %s } }
layer { name: "l" type: "EuclideanLoss" bottom: "p" bottom: "t" top: "l" }
"""


def diagnosis(data: str = "1", weight: str = "1", power: str = "1", scale: float = 1.0) -> Diagnosis:
    net = Net(parse_net(NET % (data, weight, power)), phase="TRAIN")
    give_gradients(net)
    return Diagnosis(net, net.fetch(), scale)


def test_diagnosis_without_a_finding() -> None:
    made = diagnosis()
    assert made.finding is None
    assert list(made.report()) == [
        "d (DummyData) top x: 4x3, 1 to 1, mean 1",
        "d (DummyData) top t: 4x2, 1 to 1, mean 1",
        "a (InnerProduct) param weight: 2x3, 1 to 1, mean 1",
        "a (InnerProduct) param bias: 2, 0 to 0, mean 0",
        "a (InnerProduct) top a: 4x2, 3 to 3, mean 3",
        "p (Power) top p: 4x2, 3 to 3, mean 3",
        "l (EuclideanLoss) top l: scalar, 4 to 4, mean 4",
    ], "a loss of (2^2 + 2^2) * 4 / (2 * 4)"


def test_diagnosis_of_data() -> None:
    net = Net(parse_net(NET % ("1", "1", "1")), phase="TRAIN")
    give_gradients(net)
    net.layer("d").register_forward_hook(
        lambda _, __, tops: (tops[0].index_fill(0, torch.tensor(2), torch.nan), tops[1])
    )
    finding = Diagnosis(net, net.fetch()).finding
    assert finding is not None
    assert (finding.kind, finding.layer, finding.samples) == ("data", "d", [2])
    assert finding.statistics.nan == 3


def test_diagnosis_of_data_with_a_single_bad_element() -> None:
    net = Net(parse_net(NET % ("1", "1", "1")), phase="TRAIN")
    give_gradients(net)
    bad = torch.ones(4, 3)
    bad[1, 2] = bad[3, 0] = torch.inf
    net.layer("d").register_forward_hook(lambda _, __, tops: (bad, tops[1]))
    finding = Diagnosis(net, net.fetch()).finding
    assert finding is not None
    assert (finding.kind, finding.samples) == ("data", [1, 3])
    assert finding.statistics.infinite == 2


def test_diagnosis_of_a_param() -> None:
    net = Net(parse_net(NET % ("1", "1", "1")), phase="TRAIN")
    give_gradients(net)
    with torch.no_grad():
        net.get_parameter("layers.a.weight").fill_(torch.inf)
    finding = Diagnosis(net, net.fetch()).finding
    assert finding is not None
    assert (finding.kind, finding.layer) == ("param", "a")
    assert finding.what == "param 'weight' of layer 'a'"
    assert finding.statistics.infinite == 6


def test_diagnosis_of_a_top_describes_its_bottoms_and_params() -> None:
    finding = diagnosis(data="1e30", weight="1e20").finding
    assert finding is not None
    assert (finding.kind, finding.layer) == ("blob", "a")
    assert finding.what == "top 'a' of layer 'a' (InnerProduct)"
    assert {name: s.high for name, s in finding.around.items()} == {
        "bottom 'x'": pytest.approx(1e30), "param 'weight'": pytest.approx(1e20), "param 'bias'": 0,
    }  # fmt: skip


def test_diagnosis_of_a_gradient() -> None:
    finding = diagnosis(data="0", power="0.5").finding
    assert finding is not None
    assert (finding.kind, finding.layer) == ("gradient", "p"), "the root of 0 has no slope"
    assert finding.what == "gradient of blob 'a', computed by the backward pass of layer 'p'"


def test_diagnosis_applies_the_loss_scale() -> None:
    assert diagnosis(scale=1e20).finding is None
    finding = diagnosis(scale=3e38).finding
    assert finding is not None
    assert finding.kind == "gradient"


def test_diagnosis_keeps_the_batch() -> None:
    assert {name: tuple(blob.shape) for name, blob in diagnosis().batch.items()} == {"x": (4, 3), "t": (4, 2)}
