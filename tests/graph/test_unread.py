"""Warnings and errors for fields that a layer type does not read."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TRAIN, NetState

HEAD = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }\n'


def unread(layer: str, head: str = HEAD) -> list[tuple[tuple[int, int], str]]:
    """Line, column and message of each warning."""
    graph = graph_of(parse_net(head + layer), NetState(phase=TRAIN))
    assert [w for w in graph.warnings if w in graph.unread] == graph.unread
    places = []
    for warning in graph.unread:
        assert warning.origin is not None
        places.append((warning.origin.source.position(warning.origin.offset), warning.message))
    return places


def test_message_of_another_type_is_reported_at_its_position() -> None:
    layer = """layer {
  name: "conv" type: "Convolution" bottom: "x" top: "y"
  convolution_param { num_output: 2 kernel_size: 3 }
  transform_param { crop_size: 3 }
}"""
    message = "'transform_param' in a layer of type 'Convolution', which reads convolution_param"
    assert unread(layer) == [((5, 3), message)]
    layer = 'layer { name: "r" type: "ReLU" bottom: "x" top: "x" dropout_param { dropout_ratio: 0.1 } }'
    assert [message for _, message in unread(layer)] == [
        "'dropout_param' in a layer of type 'ReLU', which reads relu_param"
    ]


def test_message_that_a_loss_does_not_read_is_reported() -> None:
    layer = """layer { name: "l" type: "EuclideanLoss" bottom: "x" bottom: "x" top: "l"
  loss_param { ignore_label: 1 }
}"""
    assert unread(layer)[0][0] == (3, 3)


def test_own_message_in_another_type_is_an_error() -> None:
    layer = 'layer { name: "r" type: "ReLU" bottom: "x" top: "x" dataset_param { name: "digits" } }'
    with pytest.raises(ConfigError, match=r":2:53: .*'dataset_param' in a layer of type 'ReLU'"):
        unread(layer)
    document = parse_net(HEAD + layer)
    assert len(graph_of(document, NetState(phase=TRAIN), unknown="stub").unread) == 1


@pytest.mark.parametrize(
    ("layer", "place", "message"),
    [
        (
            'type: "LRN" bottom: "x" top: "y"\nlrn_param { norm_region: WITHIN_CHANNEL k: 2 }',
            (3, 44),
            "'k' is not read by a layer of type 'LRN': with WITHIN_CHANNEL it is 1, as in Caffe",
        ),
        (
            'type: "Im2col" bottom: "x" top: "y"\nconvolution_param { kernel_size: 3 num_output: 4 }',
            (3, 48),
            "'num_output' is not read by a layer of type 'Im2col': it only rearranges its bottom and has no "
            "params",
        ),
        (
            'type: "Scale" bottom: "x" bottom: "x" top: "y"\nscale_param { axis: 0 filler { value: 2 } }',
            (3, 23),
            "'filler' is not read by a layer of type 'Scale': it describes the param, which the second "
            "bottom replaces",
        ),
    ],
)
def test_field_without_effect_is_reported_at_its_position(
    layer: str, place: tuple[int, int], message: str
) -> None:
    assert unread(f'layer {{ name: "l" {layer} }}') == [(place, message)]


@pytest.mark.parametrize(
    ("text", "idle", "acts"),
    [
        (
            'type: "Bias" bottom: "x" {} top: "y" bias_param {{ axis: 0 num_axes: 1 }}',
            'bottom: "x"',
            "",
        ),
        (
            'type: "Eltwise" bottom: "x" bottom: "x" top: "y" '
            "eltwise_param {{ operation: {} coeff: 1 coeff: 2 }}",
            "MAX",
            "SUM",
        ),
        ('type: "MVN" bottom: "x" top: "y" mvn_param {{ eps: 1 {} }}', "normalize_variance: false", ""),
        (
            'type: "BatchNorm" bottom: "x" top: "y" batch_norm_param {{ scale_filler {{ value: 2 }} {} }}',
            "",
            "scale_bias: true",
        ),
        (
            'type: "SoftmaxWithLoss" bottom: "x" bottom: "l" top: "y" loss_param {{ normalize: true {} }}',
            "normalization: FULL",
            "",
        ),
        (
            'type: "SigmoidCrossEntropyLoss" bottom: "x" bottom: "x" top: "y" '
            "loss_param {{ normalize: true {} }}",
            "normalization: FULL",
            "",
        ),
    ],
)
def test_field_is_reported_if_another_field_disables_it(text: str, idle: str, acts: str) -> None:
    labels = 'layer { name: "l" type: "Input" top: "l" input_param { shape { dim: 1 dim: 8 dim: 8 } } }\n'
    for more, count in ((idle, 1), (acts, 0)):
        found = unread(f'layer {{ name: "a" {text.format(more)} }}', HEAD + labels)
        assert [message.partition(" by ")[0].endswith("is not read") for _, message in found] == [
            True
        ] * count


def test_matrix_file_is_reported_if_the_matrix_is_a_bottom() -> None:
    head = """input: "x" input_shape { dim: 2 dim: 3 }
input: "l" input_shape { dim: 2 }
input: "h" input_shape { dim: 3 dim: 3 }
"""
    layer = """layer { name: "a" type: "InfogainLoss" bottom: "x" bottom: "l" bottom: "h" top: "y"
  infogain_loss_param { source: "matrix" } }"""
    message = "'source' is not read by a layer of type 'InfogainLoss': the third bottom is the matrix"
    assert unread(layer, head) == [((5, 33), message)]


@pytest.mark.parametrize(
    "layer",
    [
        'type: "LRN" bottom: "x" top: "y" lrn_param { k: 2 engine: CUDNN }',
        'type: "ReLU" bottom: "x" top: "y" relu_param { engine: CAFFE negative_slope: 0.1 }',
        'type: "Scale" bottom: "x" top: "y" scale_param { filler { value: 2 } num_axes: 1 }',
        'type: "Convolution" bottom: "x" top: "y" '
        "convolution_param { num_output: 2 kernel_size: 3 engine: CUDNN force_nd_im2col: true }",
    ],
)
def test_fields_that_are_read_and_hints_are_not_reported(layer: str) -> None:
    assert unread(f'layer {{ name: "l" {layer} }}') == []


def test_position_is_kept_by_the_upgrade_of_old_formats() -> None:
    v1 = """input: "x"
input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers {
  name: "r" type: RELU bottom: "x" top: "y"
  dropout_param { dropout_ratio: 0.4 }
}
"""
    assert [place for place, _ in unread(v1, head="")] == [(5, 3)]


def test_contradictory_fields_are_reported_with_their_place() -> None:
    layer = (
        'layer { name: "b" type: "BN" bottom: "x" top: "y" bn_param { slope_filler { } scale_filler { } } }'
    )
    with pytest.raises(
        ConfigError, match=r"<prototxt>:2:62: scale_filler is a field of SegNet's BN"
    ) as error:
        graph_of(parse_net(HEAD + layer), NetState(phase=TRAIN))
    assert "say by dialect which is meant" in str(error.value)
