"""Inputs that replace data layers."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.loader import parse_net
from layerzoo.schema import TEST, TRAIN, NetParameter, NetState
from layerzoo.survey.standin import guesses, stand_in, states, wire_without_data

SEGMENTS = """
layer { name: "d" type: "MemoryData" top: "x" top: "label" memory_data_param {
  batch_size: 3 channels: 2 height: 4 width: 5 } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "x" bottom: "label" top: "l" }
"""
RULES = """
layer { name: "d" type: "Data" top: "x" include { phase: TRAIN } }
layer { name: "t" type: "Data" top: "x" include { phase: TEST stage: "on-train" } }
layer { name: "u" type: "Data" top: "x" include { phase: TEST stage: "on-test" } }
layer { name: "r" type: "ReLU" bottom: "x" top: "y" }
"""


def net(text: str) -> NetParameter:
    return parse_net(text).message


def triples(net: NetParameter, **how: object) -> list[tuple[int, int, list[str]]]:
    return [(s.phase, s.level, list(s.stage)) for s in states(net, **how)]  # type: ignore[arg-type]


def inputs(text: str, batch: int | None = None) -> list[list[list[int]]]:
    """The shapes of each layer's tops after the exchange, for TRAIN."""
    message = net(text)
    stand_in(message, NetState(phase=TRAIN), (3, 20, 30), batch)
    return [[list(shape.dim) for shape in layer.input_param.shape] for layer in message.layer]


def test_states_are_those_with_complete_nets() -> None:
    assert triples(net(RULES)) == [(TRAIN, 0, []), (TEST, 0, ["on-test"])]
    assert triples(net(RULES), level=2, stages=["on-train"]) == [
        (TRAIN, 2, ["on-train"]),
        (TEST, 2, ["on-train"]),
    ]
    plain = net('input: "x" input_shape { dim: 1 } layer { type: "ReLU" bottom: "x" top: "y" }')
    assert triples(plain) == [(TEST, 0, [])]


def test_states_of_a_net_that_is_never_complete_is_test() -> None:
    text = RULES.replace('bottom: "x"', 'bottom: "x" bottom: "z"') + (
        'layer { type: "ReLU" bottom: "x" top: "z" exclude { phase: TRAIN } exclude { phase: TEST } }'
    )
    assert triples(net(text)) == [(TEST, 0, [])]


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        ('type: "Data" top: "x" top: "l" data_param { batch_size: 4 }', [[4, 3, 20, 30], [4]]),
        (
            'type: "Data" top: "x" data_param { batch_size: 4 } transform_param { crop_size: 7 }',
            [[4, 3, 7, 7]],
        ),
        ('type: "Data" top: "x" transform_param { force_gray: true }', [[1, 1, 20, 30]]),
        (
            'type: "ImageData" top: "x" top: "l" '
            "image_data_param { new_height: 9 new_width: 8 is_color: false }",
            [[1, 1, 9, 8], [1]],
        ),
        ('type: "WindowData" top: "x" top: "l" window_data_param { crop_size: 70 }', [[1, 3, 70, 70], [1]]),
        (
            'type: "MemoryData" top: "x" top: "l" '
            "memory_data_param { batch_size: 3 channels: 1 height: 5 width: 6 }",
            [[3, 1, 5, 6], [3]],
        ),
        (
            'type: "HDF5Data" top: "x" top: "y" top: "label" hdf5_data_param { batch_size: 2 }',
            [[2, 3, 20, 30], [2, 3, 20, 30], [2]],
        ),
    ],
)
def test_shapes_come_from_the_config_if_given(layer: str, shapes: list[list[int]]) -> None:
    assert inputs(f"layer {{ {layer} }}") == [shapes]


def test_batch_is_reduced_if_all_inputs_share_it() -> None:
    data = 'layer { type: "Data" top: "x" top: "l" data_param { batch_size: 64 } }\n'
    assert inputs(data, batch=2) == [[[2, 3, 20, 30], [2]]]
    rois = 'layer { type: "Input" top: "r" input_param { shape { dim: 300 dim: 5 } } }'
    assert inputs(data + rois, batch=2) == [[[64, 3, 20, 30], [64]], [[300, 5]]]
    other = 'layer { type: "Input" top: "r" input_param { shape { dim: 9 } } include { phase: TEST } }'
    assert inputs(data + other, batch=2)[0] == [[2, 3, 20, 30], [2]], "another phase's inputs don't count"
    lstm = 'layer { type: "LSTM" bottom: "x" bottom: "l" top: "h" }'
    assert inputs(data + lstm, batch=2)[0] == [[64, 3, 20, 30], [64]], "its first axis is time"


def test_notes_list_the_replaced_layers() -> None:
    message = net('layer { name: "d" type: "Data" top: "x" top: "l" data_param { batch_size: 4 } }')
    notes = stand_in(message, NetState(phase=TRAIN), (1, 2, 2), 2)
    assert notes == ["4x1x2x2, 4 for Data 'd'"]
    assert (message.layer[0].type, message.layer[0].HasField("data_param")) == ("Input", False)


def test_guesses_prefer_names_to_defaults() -> None:
    conv = 'layer { type: "Convolution" bottom: "x" top: "y" }'
    assert guesses(net(conv), Path("examples/mnist/x"))[0] == (1, 28, 28)
    assert guesses(net(conv), Path("cifar10.prototxt"))[0] == (3, 32, 32)
    assert guesses(net(conv), Path("x"))[0] == (3, 224, 224)
    assert guesses(net('layer { type: "InnerProduct" bottom: "x" top: "y" }'), Path("x"))[0] == (8,)
    memory = 'layer { type: "MemoryData" top: "x" memory_data_param { channels: 1 height: 9 width: 2 } }'
    assert guesses(net(conv + memory), Path("mnist"))[0] == (1, 9, 2)


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (
            'type: "AnnotatedData" top: "x" top: "y" data_param { source: "none" batch_size: 2 } '
            "transform_param { resize_param { height: 30 width: 40 } }",
            [(2, 3, 30, 40), (1, 1, 2, 8)],
        ),
        (
            'type: "AnnotatedData" top: "x" top: "y" data_param { source: "none" batch_size: 2 } '
            "annotated_data_param { yolo_data_type: 1 } transform_param { crop_h: 30 crop_w: 40 }",
            [(2, 3, 30, 40), (2, 1, 300, 5)],
        ),
        (
            'type: "ImageSegData" top: "x" top: "y" image_data_param { source: "none" batch_size: 2 } '
            "transform_param { crop_size: 473 }",
            [(2, 3, 473, 473), (2, 1, 473, 473)],
        ),
        (
            'type: "DenseImageData" top: "x" top: "y" '
            'dense_image_data_param { source: "none" batch_size: 2 }',
            [(2, 3, 224, 224), (2, 1, 224, 224)],
        ),
        (
            'type: "Dataset" top: "x" top: "y" '
            'dataset_param { name: "shapes" batch_size: 2 size: 40 target: SSD_BOXES }',
            [(2, 3, 40, 40), (1, 1, 8, 8)],
        ),
        (
            'type: "Dataset" top: "x" top: "y" '
            'dataset_param { name: "shapes" batch_size: 2 size: 40 target: YOLO_BOXES }',
            [(2, 3, 40, 40), (2, 300, 5)],
        ),
        (
            'type: "Dataset" top: "x" top: "y" '
            'dataset_param { name: "shapes" batch_size: 2 size: 40 target: MASK }',
            [(2, 3, 40, 40), (2, 1, 40, 40)],
        ),
    ],
)
def test_stand_in_has_the_shapes_of_annotations(layer: str, shapes: list[tuple[int, ...]]) -> None:
    made = net(f'layer {{ name: "d" {layer} }} layer {{ type: "Pooling" bottom: "x" top: "z" }}')
    stand_in(made, NetState(), (3, 224, 224), None)
    assert [tuple(shape.dim) for shape in made.layer[0].input_param.shape] == shapes


def test_missing_file_of_an_evaluation_is_left_out(tmp_path: Path) -> None:
    text = 'layer { name: "e" type: "DetectionEvaluate" bottom: "a" bottom: "b" top: "c" '
    text += 'detection_evaluate_param { num_classes: 2 name_size_file: "%s" } }'
    made = net(text % "none.txt")
    assert stand_in(made, NetState(), (3, 8, 8), None) == ["no name_size_file for DetectionEvaluate 'e'"]
    assert not made.layer[0].detection_evaluate_param.HasField("name_size_file")
    (tmp_path / "sizes.txt").write_text("a 1 2")
    made = net(text % (tmp_path / "sizes.txt"))
    assert stand_in(made, NetState(), (3, 8, 8), None) == []


def test_layer_that_makes_data_of_its_own_is_kept() -> None:
    message = net(
        'layer { name: "d" type: "Python" top: "data" top: "im_info" top: "gt_boxes" python_param { '
        'module: "roi_data_layer.layer" layer: "RoIDataLayer" param_str: "\'num_classes\': 21" } }'
    )
    assert stand_in(message, NetState(phase=TRAIN), (3, 20, 30), 2) == ["random data for Python 'd'"]
    assert message.layer[0].roi_data_param.synthetic


def shapes_of(text: str, batch: int | None = None) -> dict[str, tuple[int, ...]]:
    graph, _ = wire_without_data(parse_net(text), NetState(phase=TRAIN), batch)
    return {blob.name: blob.shape or () for blob in graph.inputs}


def test_labels_are_numbers_pixels_or_sequences_as_their_readers_need() -> None:
    assert shapes_of(SEGMENTS) == {"x": (3, 2, 4, 5), "label": (3, 1, 4, 5)}
    flat = SEGMENTS.replace('bottom: "x" bottom: "label"', 'bottom: "f" bottom: "label"') + (
        'layer { name: "f" type: "InnerProduct" bottom: "x" top: "f" inner_product_param { num_output: 3 } }'
    )
    lines = flat.splitlines()
    assert shapes_of("\n".join([*lines[:3], lines[-1], lines[3]]))["label"] == (3,)
    sequence = """
    layer { name: "d" type: "HDF5Data" top: "x" top: "label" hdf5_data_param { batch_size: 4 } }
    layer { name: "r" type: "Reshape" bottom: "x" top: "r" reshape_param { shape { dim: -1 dim: 4 dim: 2 } } }
    layer { name: "l" type: "CTCLoss" bottom: "r" bottom: "label" top: "l" }
    """
    assert shapes_of(sequence)["label"] == (4, 8)


def test_boxes_are_those_of_a_smaller_batch() -> None:
    text = """
    layer { name: "d" type: "AnnotatedData" top: "x" top: "boxes" data_param { batch_size: 16 }
      transform_param { resize_param { height: 20 width: 30 } } }
    """
    assert shapes_of(text, 2) == {"x": (2, 3, 20, 30), "boxes": (1, 1, 2, 8)}
    assert shapes_of(text) == {"x": (16, 3, 20, 30), "boxes": (1, 1, 16, 8)}


def test_masks_have_a_class_for_each_channel_that_they_are_compared_with() -> None:
    net = parse_net(
        'layer { name: "d" type: "AnnotatedData" top: "data" top: "label" top: "masks" data_param { source: '
        '"missing" batch_size: 2 } annotated_data_param { yolo_data_type: 1 single_class: false '
        'label_map_file: "missing" } transform_param { resize_param { height: 64 width: 96 } } }'
        'layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 5 '
        'kernel_size: 8 stride: 8 } } layer { name: "s" type: "Sigmoid" bottom: "c" top: "s" }'
        'layer { name: "l" type: "YoloSeg" bottom: "s" bottom: "masks" top: "l" }'
    )
    graph, _ = wire_without_data(net, NetState(phase=TRAIN))
    assert [tuple(blob.shape or ()) for blob in graph.inputs] == [
        (2, 3, 64, 96),
        (2, 1, 300, 5),
        (2, 5, 8, 12),
    ]
