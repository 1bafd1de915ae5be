"""Random values for inputs that suit their consumers."""

from __future__ import annotations

import pytest

from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, NetState
from layerzoo.survey.inputs import draw

INPUT = 'layer { type: "Input" top: "%s" input_param { shape { %s } } }\n'


def drawn(*shapes: tuple[str, str], layers: str) -> dict[str, list[float]]:
    text = "".join(INPUT % (name, " ".join(f"dim: {d}" for d in dims.split())) for name, dims in shapes)
    graph = graph_of(parse_net(text + layers), NetState(phase=TEST))
    return {graph.blobs[index].name: value.flatten().tolist() for index, value in draw(graph).items()}


def test_image_inputs_are_real_numbers() -> None:
    (x,) = drawn(("x", "50 20"), layers='layer { type: "ReLU" bottom: "x" top: "y" }').values()
    assert abs(sum(x) / 1000) < 0.2
    assert min(x) < -1


def test_labels_are_below_the_number_of_classes() -> None:
    sampled = drawn(
        ("x", "200 3"),
        ("l", "200"),
        layers='layer { type: "SoftmaxWithLoss" bottom: "x" bottom: "l" top: "loss" }',
    )
    assert set(sampled["l"]) == {0, 1, 2}


def test_label_bounds_pass_through_reshaping_layers() -> None:
    sampled = drawn(
        ("x", "100 2"),
        ("l", "100 2"),
        layers='layer { type: "Slice" bottom: "l" top: "a" top: "b" slice_param { axis: 1 } }\n'
        'layer { type: "Accuracy" bottom: "x" bottom: "a" top: "acc" }\n'
        'layer { type: "Silence" bottom: "b" }',
    )
    assert set(sampled["l"]) == {0, 1}


@pytest.mark.parametrize(
    ("layers", "values"),
    [
        (
            'layer { type: "Embed" bottom: "i" top: "y" embed_param { input_dim: 4 num_output: 2 } }',
            {0, 1, 2, 3},
        ),
        ('layer { type: "BatchReindex" bottom: "x" bottom: "i" top: "y" }', {0, 1, 2}),
        ('layer { type: "Filter" bottom: "x" bottom: "i" top: "y" }', {0, 1}),
    ],
)
def test_index_and_flag_inputs_are_in_range(layers: str, values: set[int]) -> None:
    count = "3" if "Filter" in layers else "100"
    sampled = drawn(("x", "3 2"), ("i", count), layers=layers)["i"]
    assert set(sampled) <= values
    assert all(value == int(value) for value in sampled)


def test_size_of_an_image_is_that_of_its_feature_map() -> None:
    sampled = drawn(
        ("s", "1 6 3 4"),
        ("b", "1 12 3 4"),
        ("i", "1 3"),
        layers='layer { type: "Proposal" bottom: "s" bottom: "b" bottom: "i" top: "r" '
        "proposal_param { feat_stride: 16 scale: 2 } }",
    )
    assert sampled["i"] == [48, 64, 1]


def test_ground_truth_of_a_detector_has_classes_and_boxes() -> None:
    sampled = drawn(
        ("loc", "2 8"),
        ("conf", "2 6"),
        ("prior", "1 2 8"),
        ("truth", "1 1 3 8"),
        layers='layer { type: "MultiBoxLoss" bottom: "loc" bottom: "conf" bottom: "prior" bottom: "truth" '
        'top: "loss" multibox_loss_param { num_classes: 3 } }',
    )["truth"]
    assert sampled[:16:8] == [0, 1]
    assert sampled[1:16:8] == [1, 1]


def test_bounds_of_labels_pass_through_interpolation() -> None:
    sampled = drawn(
        ("x", "1 4 2 2"),
        ("l", "1 1 5 5"),
        layers='layer { type: "Interp" bottom: "l" top: "s" interp_param { height: 2 width: 2 } }\n'
        'layer { type: "SoftmaxWithLoss" bottom: "x" bottom: "s" top: "loss" }',
    )["l"]
    assert set(sampled) <= {0, 1, 2, 3}
