"""Blobs written inside a layer's config."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.graph.config_blobs import fits
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, NetState

NET = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 3 }
%s
}
layer { name: "r" type: "ReLU" bottom: "y" top: "y" }"""
WEIGHT = "blobs { shape { dim: 3 dim: 2 } data: [1, 2, 3, 4, 5, 6] }"
BIAS = "blobs { num: 1 channels: 1 height: 1 width: 3 double_data: [1, 2, 3] }"


def faults(blobs: str, net: str = NET) -> list[str]:
    try:
        graph_of(parse_net(net % blobs), NetState(phase=TEST))
    except ConfigError as error:
        return [f"{str(fault.origin).split(':')[1]}: {fault.message}" for fault in error.faults]
    return []


@pytest.mark.parametrize(
    "blobs",
    [
        "",
        f"{WEIGHT}\n{BIAS}",
        "blobs { num: 1 channels: 1 height: 3 width: 2 data: [1, 2, 3, 4, 5, 6] } blobs { data: [1, 2, 3] }",
    ],
)
def test_blobs_that_match_are_accepted(blobs: str) -> None:
    assert faults(blobs) == []


def test_blobs_of_another_count_are_a_fault() -> None:
    assert faults(WEIGHT) == ["3: 1 blob for a layer with 2 param blobs"]
    assert faults(f"{WEIGHT}\n{BIAS}\n{BIAS}") == ["5: 3 blobs for a layer with 2 param blobs"]
    assert faults("", NET.replace('bottom: "y" top: "y"', 'bottom: "y" top: "y" blobs { data: 1 }')) == [
        "5: 1 blob for a layer with 0 param blobs"
    ]


def test_blobs_of_another_shape_are_a_fault() -> None:
    turned = WEIGHT.replace("dim: 3 dim: 2", "dim: 2 dim: 3")
    assert faults(f"{turned}\n{BIAS}") == ["3: blob 0 (weight) has the shape 2 x 3; expected 3 x 2"]
    assert faults(f"{WEIGHT}\nblobs {{ data: 1 data: 2 }}") == [
        "4: blob 1 (bias) has the shape 2; expected 3"
    ]
    assert faults(f"{WEIGHT}\nblobs {{ shape {{ dim: 3 }} }}") == [
        "4: blob 1 (bias) has the shape 3, but 0 values; expected 3"
    ]
    assert faults(f"{WEIGHT}\nblobs {{ shape {{ dim: -3 dim: -1 }} data: [1, 2, 3] }}") == [
        "4: blob 1 (bias) has the shape -3 x -1, but 3 values; expected 3"
    ]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ((1, 1, 1, 4), (4,)),
        ((1, 1, 3, 2), (3, 2)),
        ((1, 4), (1, 4, 1, 1)),
        ((1, 4, 1, 1), (1, 4)),
        ((1, 4, 1, 1), (4,)),
        ((4,), (1, 4, 1, 1)),
        ((), (1,)),
    ],
)
def test_shapes_that_differ_in_ones_fit(stored: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert fits(stored, expected)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ((3,), (3, 1)),
        ((1, 4, 1, 1), (4, 1, 1, 1)),
        ((1, 4), (1, 5, 1, 1)),
        ((1, 2, 3, 1), (2, 3)),
        ((1, 4), (2, 2)),
    ],
)
def test_other_shapes_do_not_fit(stored: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert not fits(stored, expected)
