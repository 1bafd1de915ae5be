"""The check of user-defined layers at their first pass; tests/cli/test_own_layers.py has the messages."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from layerzoo.contract import trial, watch_first_pass
from layerzoo.errors import ContractError
from layerzoo.layer import LAYERS, Layer, register
from layerzoo.layers.relu import ReLU
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter


def layer_of(
    function: Callable[[Tensor], object], tops: tuple[str, ...] = ("y",), in_place: tuple[int, ...] = ()
) -> Layer:
    class Own(Layer):
        def forward(self, x: Tensor) -> object:
            return function(x)

    layer = Own(LayerParameter(name="own", top=tops))
    watch_first_pass(layer, tops, lambda shapes: shapes * len(tops), in_place)
    return layer


def test_hooks_are_removed_after_a_valid_pass() -> None:
    layer = layer_of(lambda x: x * 2)
    assert torch.equal(layer(torch.ones(2)), torch.full((2,), 2.0))
    assert not layer._forward_hooks
    assert not layer._forward_pre_hooks


def test_fault_is_raised_at_every_pass() -> None:
    layer = layer_of(lambda x: x.sum())
    for _ in range(2):
        with pytest.raises(
            ContractError, match=r"test_first_pass.py:\d+: layer 'own': forward returned top 0"
        ):
            layer(torch.ones(2))


def test_trial_does_not_count_as_first_pass() -> None:
    layer = layer_of(lambda x: x.sum())
    with trial():
        layer(torch.ones(2))
    with pytest.raises(ContractError):
        layer(torch.ones(2))


def test_copy_removes_its_own_hooks() -> None:
    layer = layer_of(lambda x: x * 2)
    twin = copy.deepcopy(layer)
    twin(torch.ones(2))
    assert not twin._forward_hooks
    assert layer._forward_hooks


def test_several_tops_are_a_tuple_of_tensors() -> None:
    assert len(layer_of(lambda x: (x, x + 1), ("y", "z"))(torch.ones(2))) == 2
    with pytest.raises(ContractError, match=r"returned a tensor of shape .*; expected a tuple of 2 tensors"):
        layer_of(lambda x: x, ("y", "z"))(torch.ones(2))
    with pytest.raises(ContractError, match=r"returned None as top 1 \('z'\); expected a tensor"):
        layer_of(lambda x: (x, None), ("y", "z"))(torch.ones(2))


def test_layer_without_tops_may_return_none() -> None:
    assert layer_of(lambda x: None, ())(torch.ones(2)) is None


def test_bottom_may_be_overwritten_only_in_place() -> None:
    with pytest.raises(ContractError, match="overwrites bottom 0"):
        layer_of(lambda x: x.mul_(2))(torch.ones(2))
    assert torch.equal(layer_of(lambda x: x.mul_(2), in_place=(0,))(torch.ones(2)), torch.full((2,), 2.0))


def test_tensor_saved_by_the_layer_below_may_not_be_overwritten() -> None:
    below = torch.sigmoid(torch.ones(2, requires_grad=True))
    with pytest.raises(ContractError, match="the gradient of SigmoidBackward0 needs"):
        layer_of(lambda x: x.mul_(2), in_place=(0,))(below)


def test_builtin_layers_are_not_checked() -> None:
    layer = ReLU(LayerParameter(name="r"))
    watch_first_pass(layer, ("y",), lambda shapes: shapes)
    assert not layer._forward_hooks


def test_shapes_by_value_are_not_compared() -> None:
    @register
    class PositiveForTest(Layer):
        shapes_by_value = True

        def forward(self, x: Tensor) -> Tensor:
            return x[x > 0]

    try:
        net = Net(
            parse_net(
                'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 3 } } }'
                'layer { name: "p" type: "PositiveForTest" bottom: "x" top: "y" }'
            )
        )
        assert net(x=torch.tensor([1.0, -1.0, 2.0]))["y"].tolist() == [1, 2]
    finally:
        del LAYERS._known["PositiveForTest"]
