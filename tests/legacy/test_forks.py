"""Upgrading fields of forks of Caffe."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import parse_net
from layerzoo.schema import PoolingParameter

POOL = 'layer { name: "p" type: "Pooling" bottom: "x" top: "y" pooling_param { kernel_size: 3 %s } }'


@pytest.mark.parametrize(
    ("text", "rounding"),
    [("true", "CEIL"), ("1", "CEIL"), ("false", "FLOOR"), ("0", "FLOOR"), ("False", "FLOOR")],
)
def test_ceil_mode_becomes_round_mode(text: str, rounding: str) -> None:
    document = parse_net(POOL % f"ceil_mode: {text} stride: 2")
    param = document.message.layer[0].pooling_param
    assert PoolingParameter.RoundMode.Name(param.round_mode) == rounding
    assert (param.kernel_size, param.stride) == (3, 2)
    assert document.notes == ["ceil_mode of 1 layer to round_mode"]


def test_ceil_mode_that_is_invalid_is_an_unknown_field() -> None:
    with pytest.raises(ConfigError, match=r"unknown field 'ceil_mode' in 'pooling_param'"):
        parse_net(POOL % "ceil_mode: maybe")
    with pytest.raises(ConfigError, match=r"unknown field 'ceil_mode' in 'pooling_param'"):
        parse_net(POOL % "ceil_mode: true round_mode: CEIL")


def test_fields_without_effect_are_dropped_with_a_note() -> None:
    document = parse_net(
        "default_forward_type: FLOAT16 default_backward_type: FLOAT16 eltwise_mem_sharing: true\n"
        'layer { name: "d" type: "Data" top: "x" data_param { cache: true shuffle: true batch_size: 2 } }\n'
        'layer { name: "i" type: "ImageData" top: "z" image_data_param { cache: true shuffle: true } }'
    )
    first, second = document.message.layer
    assert (first.data_param.batch_size, second.image_data_param.shuffle) == (2, True)
    assert document.notes == [
        "dropped, without effect: cache, default_backward_type, default_forward_type, "
        "eltwise_mem_sharing, shuffle"
    ]


def test_other_fields_of_forks_are_unknown() -> None:
    with pytest.raises(ConfigError, match=r"unknown field 'global_grad_scale' in a net"):
        parse_net("global_grad_scale: 8 layer { name: 'a' type: 'ReLU' bottom: 'x' top: 'y' }")
