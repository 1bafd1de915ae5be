"""Golden pairs of inputs and outputs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import ZooError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.zoo.golden import check_golden, deviation, golden_pair

NET = """
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 3]}}}
- {name: ip, type: InnerProduct, bottom: data, top: ip,
   inner_product_param: {num_output: 2, weight_filler: {type: xavier}}}
"""


@pytest.fixture
def net() -> Net:
    return Net(parse_net(NET, format="yaml"), "TEST", seed=3)


def test_net_agrees_with_its_own_golden_pair(net: Net, tmp_path: Path) -> None:
    (tmp_path / "pair").write_bytes(golden_pair(net))
    assert check_golden(net, tmp_path / "pair") == 0


def test_changed_net_is_detected(net: Net, tmp_path: Path) -> None:
    (tmp_path / "pair").write_bytes(golden_pair(net, {"data": torch.tensor([[1.0, 2.0, 4.0]] * 9)}))
    with torch.no_grad():
        net.params["ip"][0][0, 0] += 0.01
    with pytest.raises(ZooError, match="outputs differ from those at publication"):
        check_golden(net, tmp_path / "pair")


def test_golden_pair_of_another_net_is_refused(net: Net, tmp_path: Path) -> None:
    other = Net(
        parse_net(NET.replace("top: data", "top: x").replace("bottom: data", "bottom: x"), format="yaml")
    )
    (tmp_path / "pair").write_bytes(golden_pair(other))
    with pytest.raises(ZooError, match="golden inputs x don't match"):
        check_golden(net, tmp_path / "pair")
    wider = Net(parse_net(NET.replace("num_output: 2", "num_output: 3"), format="yaml"))
    (tmp_path / "pair").write_bytes(golden_pair(wider))
    with pytest.raises(ZooError, match=r"no output 'ip' of the golden shape \(1, 3\)"):
        check_golden(net, tmp_path / "pair")
    (tmp_path / "pair").write_bytes(b"junk")
    with pytest.raises(ZooError, match="can't be read"):
        check_golden(net, tmp_path / "pair")


def test_deviation_is_relative_to_the_largest_value_and_infinite_for_nan() -> None:
    assert deviation(torch.tensor([1.0, 3.5]), torch.tensor([1.0, -4.0])) == 7.5 / 4
    assert deviation(torch.tensor([float("nan")]), torch.tensor([1.0])) == float("inf")
    assert deviation(torch.zeros(0), torch.zeros(0)) == 0
