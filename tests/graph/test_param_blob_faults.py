"""Faults of blobs in the place of params."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import parse_net
from layerzoo.net.wiring import graph_of
from layerzoo.schema import TRAIN, NetState
from tests.layer.param_blob_nets import DATA, inner_product, parameter

W = parameter("w", 3, 6)
NORM = 'layer { name: "n" type: "BatchNorm" bottom: "x" top: "n" param { blob: "w" } }\n'
BODY = """
subnet { name: "step"
  layer { name: "in" type: "Input" top: "a" input_param { shape { dim: 6 } } }
  layer { name: "ip" type: "InnerProduct" bottom: "a" top: "b"
    inner_product_param { num_output: 6 axis: 0 } } }
"""


def faults(text: str) -> list[tuple[str, str | None]]:
    with pytest.raises(ConfigError) as caught:
        graph_of(parse_net(text, format="prototxt"), NetState(phase=TRAIN))
    return [(fault.message, fault.hint) for fault in caught.value.faults]


def spec(fields: str) -> str:
    return DATA + W + inner_product("w").replace('blob: "w"', f'blob: "w" {fields}')


def test_unknown_blob_has_the_nearest_name_as_hint() -> None:
    text = DATA + parameter("weight", 3, 6) + inner_product("wieght")
    assert faults(text) == [("unknown param blob 'wieght'", "did you mean 'weight'?")]


def test_blob_of_a_later_layer_is_unknown() -> None:
    ((message, hint),) = faults(DATA + inner_product("w") + W)
    assert message == "unknown param blob 'w'"
    assert hint == "layer 'w' produces it below; move that layer above"


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((6, 3), "permute_param { order: 1 order: 0 } of a Permute layer transposes it"),
        ((4, 3, 6), "a param is the same for all samples of a batch, so it has no axis for them"),
        ((18,), "a Reshape layer gives it that shape"),
        ((2, 6), None),
    ],
)
def test_shape_of_the_param_is_needed(shape: tuple[int, ...], hint: str | None) -> None:
    text = DATA + parameter("w", *shape) + inner_product("w")
    assert faults(text) == [(f"blob 'w' is {shape}, but param 'weight' is (3, 6)", hint)]


@pytest.mark.parametrize("fields", ['name: "n"', "lr_mult: 2", "decay_mult: 0", "share_mode: STRICT"])
def test_fields_of_learned_params_are_refused(fields: str) -> None:
    ((message, hint),) = faults(spec(fields))
    assert message == f"{fields.partition(':')[0]} of a param that is the blob 'w'"
    assert hint


def test_filler_of_the_param_is_refused_at_its_place() -> None:
    text = DATA + W + inner_product("w", more='weight_filler { type: "xavier" }')
    with pytest.raises(ConfigError) as caught:
        graph_of(parse_net(text, format="prototxt"), NetState(phase=TRAIN))
    (fault,) = caught.value.faults
    assert "a filler of param 'weight', which is the blob 'w'" in fault.message
    assert fault.origin is not None
    assert fault.origin.source.text[fault.origin.offset :].startswith("weight_filler")


def test_fault_stands_at_the_name_of_the_blob() -> None:
    text = DATA + inner_product("nothing")
    with pytest.raises(ConfigError) as caught:
        graph_of(parse_net(text, format="prototxt"), NetState(phase=TRAIN))
    origin = caught.value.faults[0].origin
    assert origin is not None
    assert origin.source.text[origin.offset :].startswith('"nothing"')


def test_statistics_of_a_layer_can_not_be_blobs() -> None:
    ((message, hint),) = faults(DATA + parameter("w", 6) + NORM)
    assert "the layer itself writes param 'mean'" in message
    assert hint == "only params that are learned can be blobs"


def test_params_of_a_subnet_are_those_of_its_layers() -> None:
    loop = (
        'layer { name: "loop" type: "Loop" bottom: "v" top: "o" param { blob: "w" } '
        'subnet_param { net: "step" times: 2 carry { blob: "b" input: "a" } last: "b" } }\n'
    )
    found = faults(BODY + DATA + parameter("v", 6) + parameter("w", 6, 6) + loop)
    assert found[0][0] == "param 'weight' is one of layer '0/ip' of a subnet: the blob 'w' can't stand for it"


def test_layer_needs_the_param() -> None:
    text = DATA + W + 'layer { name: "r" type: "ReLU" bottom: "x" top: "r" param { blob: "w" } }'
    assert ("param 0 is the blob 'w', but the layer has no params", "it has none") in faults(text)


def test_blob_is_of_one_param() -> None:
    text = DATA + W + inner_product("w").replace("param {", "all_params {", 1)
    assert faults(text)[0][0] == "a blob can't stand for all params of a layer"


def test_blob_needs_a_shape() -> None:
    text = DATA + 'layer { name: "w" type: "Input" top: "w" }' + inner_product("w")
    assert "input 'w' has no shape, and layer 'y' (InnerProduct) needs it" in faults(text)[0][0]


def test_values_in_the_config_are_of_the_other_params() -> None:
    text = (
        DATA
        + W
        + inner_product("w").replace("param {", "blobs { shape { dim: 3 dim: 6 } data: 0 } param {", 1)
    )
    assert "blob 0 (bias)" in faults(text)[0][0]
