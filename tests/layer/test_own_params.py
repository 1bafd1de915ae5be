"""Params that ``__init__`` of a layer creates: names, shapes, and building without memory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import nn

from layerzoo.errors import ContractError, LayerFault
from layerzoo.layer import Layer, OwnParam, Shape, params_made
from layerzoo.layer.own_params import initialised, params_by_building
from layerzoo.schema import LayerParameter

MESSAGE = LayerParameter(name="t")


def test_params_made_lists_those_of_submodules_by_dotted_name() -> None:
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2, affine=False))
    assert params_made(module) == [
        OwnParam("0.weight", (2, 3), None, True, True),
        OwnParam("0.bias", (2,), None, True, True),
    ]


def test_params_made_leaves_out_names_and_marks_frozen_params() -> None:
    module = nn.Linear(3, 2)
    module.weight.requires_grad = False
    assert params_made(module, {"bias"}) == [OwnParam("weight", (2, 3), None, False, True)]


def test_params_made_refuses_a_param_without_a_shape() -> None:
    with pytest.raises(LayerFault, match=r"param '0.weight' has no shape") as raised:
        params_made(nn.Sequential(nn.LazyLinear(2)))
    assert "fixed sizes" in (raised.value.hint or "")


def test_initialised_returns_a_layer_whose_init_called_its_base() -> None:
    layer = Layer(MESSAGE)
    assert initialised(layer) is layer


def test_initialised_refuses_an_init_that_skips_its_base() -> None:
    class Skips(Layer):
        def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
            nn.Module.__init__(self)

    with pytest.raises(
        ContractError, match=r"test_own_params.py:\d+: Skips.__init__ has to begin with super"
    ):
        initialised(Skips(MESSAGE))


def test_params_by_building_builds_once_on_meta_and_leaves_random_numbers_alone() -> None:
    devices: list[str] = []

    class Builds(Layer):
        def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
            super().__init__(param, bottom_shapes)
            self.w = nn.Parameter(torch.randn(bottom_shapes[0][1], param.inner_product_param.num_output))
            devices.append(self.w.device.type)

    message = LayerParameter(name="t")
    message.inner_product_param.num_output = 5
    state = torch.get_rng_state()
    for _ in range(2):
        (own,) = params_by_building(Builds, message.SerializeToString(), ((1, 2),))
        assert own == OwnParam("w", (2, 5), None, True, True)
    assert devices == ["meta"], "the second call reads the cache"
    params_by_building(Builds, message.SerializeToString(), ((1, 3),))
    assert devices == ["meta", "meta"]
    assert torch.equal(torch.get_rng_state(), state)


def test_params_by_building_falls_back_to_the_cpu_if_init_reads_values() -> None:
    class Reads(Layer):
        def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
            super().__init__(param, bottom_shapes)
            self.w = nn.Parameter(torch.zeros(int(torch.tensor(3).item())))

    (own,) = params_by_building(Reads, MESSAGE.SerializeToString(), ())
    assert own.shape == (3,)


def test_params_by_building_raises_the_mistake_of_an_init() -> None:
    class Broken(Layer):
        def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
            super().__init__(param, bottom_shapes)
            raise IndexError("no such bottom")

    with pytest.raises(IndexError, match="no such bottom"):
        params_by_building(Broken, MESSAGE.SerializeToString(), ())


def test_params_by_building_does_not_retry_after_a_fault_of_the_config() -> None:
    built: list[int] = []

    class Refuses(Layer):
        def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
            built.append(1)
            raise LayerFault("takes 2 axes")

    with pytest.raises(LayerFault, match="takes 2 axes"):
        params_by_building(Refuses, MESSAGE.SerializeToString(), ())
    assert built == [1]
