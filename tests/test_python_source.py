"""Source of exported nets: members, params, numbers."""

from __future__ import annotations

import torch

from layerzoo.functional.spreading import cut
from layerzoo.python_source import Operands, PythonSource, listed, number, same


def test_module_is_a_member_with_its_tensors() -> None:
    source = PythonSource(member="ip")
    weight = torch.ones(2, 3)
    assert source.module("nn.Linear(3, 2, bias=False)", weight=weight, bias=None) == "self.ip"
    assert source.members == ["self.ip = nn.Linear(3, 2, bias=False)"]
    assert source.tensors == {"ip.weight": weight}


def test_param_is_a_member_of_its_shape() -> None:
    source = PythonSource(member="scale")
    weight = torch.ones(4)
    assert source.param("weight", weight) == "self.scale_weight"
    assert source.members == ["self.scale_weight = nn.Parameter(torch.zeros(4))"]
    assert source.tensors == {"scale_weight": weight}


def test_param_takes_no_name_of_another_member() -> None:
    source = PythonSource(member="bn", taken={"bn", "bn_scale"})
    assert source.param("scale", torch.ones(4)) == "self.bn_scale_"
    assert source.param("shift", torch.ones(4)) == "self.bn_shift"
    assert sorted(source.tensors) == ["bn_scale_", "bn_shift"]


def test_function_is_a_helper_of_its_name() -> None:
    source = PythonSource()
    assert source.function(cut) == "cut"
    assert source.helpers["cut"].startswith("\ndef cut(x: Tensor, axis: int")


def test_operands_name_their_first_bottom() -> None:
    assert Operands(["x", "t"], [(2, 3), (2,)], [()]).first == "x"


def test_number_is_as_short_as_float32_allows() -> None:
    assert number(float(torch.tensor(0.1))) == "0.1"
    assert number(0.1) == "0.1"
    assert number(2) == "2.0"


def test_same_joins_equal_numbers_and_listed_writes_a_shape() -> None:
    assert (same((3, 3)), same((3, 2))) == ("3", "(3, 2)")
    assert (listed((3, 2)), listed(())) == ("3, 2", "()")
