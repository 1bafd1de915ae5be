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
    with pytest.raises(ConfigError, match=r"unknown field 'trt_param' in a layer"):
        parse_net("layer { name: 't' type: 'TRT' trt_param { } }")


def test_pooling_fields_of_forks_become_those_of_the_schema() -> None:
    document = parse_net(POOL % "torch_pooling: true" + POOL % "pool: AVE avg_include_pad: false pad: 1")
    first, second = (layer.pooling_param for layer in document.message.layer)
    assert first.round_mode == PoolingParameter.FLOOR
    assert second.pool == PoolingParameter.AVE_EXC_PAD
    assert document.notes == ["torch_pooling of 1 layer to round_mode", "avg_include_pad of 1 layer to pool"]


def test_scale_of_all_gradients_is_dropped() -> None:
    """NVIDIA's scales the loss, and divides the gradients by it before the update."""
    document = parse_net("global_grad_scale: 32 global_grad_scale_adaptive: true")
    assert document.notes == ["dropped, without effect: global_grad_scale, global_grad_scale_adaptive"]


def test_engines_and_algorithms_are_dropped() -> None:
    document = parse_net(
        'engine: "MKLDNN" layer { name: "c" type: "Convolution" bottom: "x" top: "y" forward_type: FLOAT16\n'
        "convolution_param { num_output: 1 kernel_size: 1 engine: MKL2017 conv_algos_override: '1' } }\n"
        'layer { name: "b" type: "BatchNorm" bottom: "y" top: "z" batch_norm_param { engine: CUDNN } }\n'
        'layer { name: "r" type: "ReLU" bottom: "z" top: "r" relu_param { engine: CAFFE } }'
    )
    assert document.notes == ["dropped, without effect: conv_algos_override, engine, forward_type"]
    assert document.message.layer[2].relu_param.HasField("engine")


def test_names_of_intels_batch_norm_are_nvidias() -> None:
    text = 'layer { name: "b" type: "BatchNorm" bottom: "x" top: "y" batch_norm_param { %s } }'
    document = parse_net(text % "use_weight_bias: true filler { value: 2 } bias_filler { value: 1 }")
    param = document.message.layer[0].batch_norm_param
    assert (param.scale_bias, param.scale_filler.value, param.bias_filler.value) == (True, 2, 1)
    assert document.notes == ["use_weight_bias of 1 layer to scale_bias", "filler of 1 layer to scale_filler"]


def test_a_type_with_another_spelling_gets_the_known_one() -> None:
    document = parse_net('layer { name: "s" type: "SeLu" bottom: "x" top: "y" selu_param { alpha: 2 } }')
    assert (document.message.layer[0].type, document.notes) == ("SELU", ["type SeLu of 1 layer to SELU"])
