"""Upgrading V1."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.legacy import upgrade_net, v1
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TRAIN, EltwiseParameter, NetState, ParamSpec, fields, legacy_net
from tests.upgrading import tree, upgraded

FORKS = {
    "ELTWISE_AFFINE",
    "ELTWISE_PRODUCT",
    "INSANITY",
    "LOCAL",
    "NORMALIZE",
    "RELU6",
    "ROIPOOLING",
    "TRIPLET_LOSS",
    "VIDEO_DATA",
    "VOLUME_DATA",
}


def test_layer_is_upgraded() -> None:
    net, done = upgraded("""
        layers {
          name: "conv" type: CONVOLUTION bottom: "x" top: "y" loss_weight: 0
          blobs_lr: 1 blobs_lr: 2
          weight_decay: 1
          convolution_param { num_output: 3 kernel_size: 5 }
          include { phase: TRAIN }
        }
    """)
    assert done == ["1 layer of format V1"]
    (layer,) = net.layer
    assert (layer.name, layer.type, layer.convolution_param.num_output) == ("conv", "Convolution", 3)
    assert [(p.lr_mult, p.decay_mult) for p in layer.param] == [(1, 1), (2, 1)]
    assert not layer.param[1].HasField("decay_mult")
    assert len(layer.include) == 1


def test_names_and_share_modes_of_params_are_upgraded() -> None:
    net, _ = upgraded("""
        layers {
          type: INNER_PRODUCT param: "w" param: "b" blob_share_mode: PERMISSIVE
          blobs_lr: [1, 2, 3]
        }
    """)
    params = net.layer[0].param
    assert [p.name for p in params] == ["w", "b", ""]
    assert [p.lr_mult for p in params] == [1, 2, 3]
    assert params[0].share_mode == ParamSpec.PERMISSIVE
    assert not params[1].HasField("share_mode")


def test_types_of_the_enum_have_current_names() -> None:
    message = fields(legacy_net())["layers"].message
    assert message is not None
    values = fields(message)["type"].values
    assert set(values) == set(v1._TYPES) - FORKS
    for old, number in values.items():
        by_name, _ = upgraded(f"layers {{ type: {old} }}")
        by_number, _ = upgraded(f"layers {{ type: {number} }}")
        assert by_name.layer[0].type == by_number.layer[0].type == v1._TYPES[old]


@pytest.mark.parametrize("name", sorted(set(v1._TYPES) - FORKS - {"NONE"}))
def test_current_names_follow_the_naming_rule(name: str) -> None:
    today = v1._TYPES[name]
    renamed = {"SOFTMAX_LOSS": "SoftmaxWithLoss"}
    assert today == renamed.get(name) or today.upper() == name.replace("_", "")


def test_eltwise_product_becomes_an_operation() -> None:
    net, _ = upgraded('layers { type: ELTWISE_PRODUCT bottom: "a" bottom: "b" top: "c" }')
    assert net.layer[0].type == "Eltwise"
    assert net.layer[0].eltwise_param.operation == EltwiseParameter.PROD


def test_unknown_type_keeps_its_name_and_position() -> None:
    root = tree("layers {\n  type: LRN_MAP\n}")
    upgrade_net(root)
    node = root.find("layer.type")
    assert node is not None
    assert (node.text, node.quoted) == ("LRN_MAP", True)
    assert str(node.value_origin) == "old.prototxt:2:9"


def test_params_keep_the_position_of_their_values() -> None:
    root = tree("layers {\n  type: RELU\n  blobs_lr: 1\n  weight_decay: x\n}")
    upgrade_net(root)
    node = root.find("layer.param.decay_mult")
    assert node is not None
    assert str(node.value_origin) == "old.prototxt:4:17"


def test_params_stand_where_the_first_of_their_values_stood() -> None:
    root = tree(
        'layers {\n  type: RELU\n  blobs_lr: 1\n  blobs_lr: 2\n  param: "w"\n  weight_decay: [1, 0, 3] }'
    )
    upgrade_net(root)
    (layer,) = root.all("layer")
    assert [str(param.origin) for param in layer.all("param")] == [
        "old.prototxt:3:3",
        "old.prototxt:4:3",
        "old.prototxt:6:3",
    ]


def test_param_beyond_the_blobs_is_a_fault_at_its_line() -> None:
    text = """input: "x" input_dim: 1 input_dim: 2 input_dim: 1 input_dim: 1
layers { name: "ip" type: INNER_PRODUCT bottom: "x" top: "y"
  inner_product_param { num_output: 1 }
  blobs_lr: 1
  blobs_lr: 2
  blobs_lr: 3
}"""
    with pytest.raises(ConfigError) as raised:
        graph_of(parse_net(text), NetState(phase=TRAIN))
    (fault,) = raised.value.faults
    assert fault.message == "3 param for a layer with 2 param blobs"
    assert str(fault.origin) == "<prototxt>:6:3"


def test_format_number_is_dropped() -> None:
    root = tree('version: 1 name: "n" layers { type: RELU }')
    upgrade_net(root)
    assert [child.key for child in root.children or ()] == ["name", "layer"]
