"""Nets that need many multiply-adds run on smaller inputs."""

from __future__ import annotations

from collections.abc import Callable

from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.schema import TEST, NetState
from layerzoo.survey import wire_without_data
from layerzoo.survey.effort import Reduction, multiply_adds, reduced

CONV = """
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
"""
REGIONS = """
layer { name: "r" type: "ROIPooling" bottom: "c" bottom: "rois" top: "r"
  roi_pooling_param { pooled_h: 2 pooled_w: 2 } }
layer { name: "d" type: "Convolution" bottom: "r" top: "d"
  convolution_param { num_output: 4 kernel_size: 1 } }
"""


def image(*shape: int, name: str = "x") -> str:
    dims = " ".join(f"dim: {n}" for n in shape)
    return f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {dims} }} }} }}'


def wiring(text: str) -> tuple[Graph, Callable[[Reduction], Graph]]:
    document, state = parse_net(text), NetState(phase=TEST)

    def wire(reduction: Reduction | None = None) -> Graph:
        return wire_without_data(document, state, 1, reduction=reduction)[0]

    return wire(), wire


def shape(graph: Graph, name: str) -> tuple[int, ...] | None:
    return graph.last[name].shape


def test_multiply_adds_are_counted_by_hand() -> None:
    graph, _ = wiring(image(1, 3, 300, 200) + CONV)
    assert multiply_adds(graph) == 300 * 200 * 3 * 9 * 8


def test_small_net_keeps_its_inputs() -> None:
    graph, wire = wiring(image(1, 3, 300, 200) + CONV)
    assert reduced(graph, multiply_adds(graph), wire) is None


def test_image_becomes_smaller_until_the_limit_is_kept() -> None:
    graph, wire = wiring(image(1, 3, 513, 600) + CONV)
    smaller, note = reduced(graph, multiply_adds(graph) // 3, wire) or (None, "")
    assert smaller is not None
    assert shape(smaller, "x") == (1, 3, 257, 320), (
        "513 / 2 is 256 and one more, 600 / 2 up to a multiple of 32"
    )
    assert note == "run on smaller inputs of 1x3x257x320: a pass takes 0 billion multiply-adds"
    assert shape(graph, "x") == (1, 3, 513, 600), "the net of the config stays as it is"


def test_regions_become_fewer_before_images_become_smaller() -> None:
    text = image(1, 3, 128, 128) + image(300, 5, name="rois") + CONV + REGIONS
    graph, wire = wiring(text)
    few = multiply_adds(graph) - 290 * 4 * 8 * 4
    smaller, _ = reduced(graph, few, wire) or (None, "")
    assert smaller is not None
    assert shape(smaller, "rois") == (8, 5)
    assert shape(smaller, "x") == (1, 3, 128, 128)
    assert shape(smaller, "d") == (8, 4, 2, 2)


def test_layers_that_propose_regions_propose_fewer() -> None:
    proposal = """
    layer { name: "p" type: "Proposal" bottom: "s" bottom: "o" bottom: "i" top: "rois"
      proposal_param { feat_stride: 16 ratio: 1 scale: 8 post_nms_topn: 300 } }"""
    inputs = image(1, 2, 32, 32, name="s") + image(1, 4, 32, 32, name="o") + image(1, 3, name="i")
    graph, wire = wiring(image(1, 3, 128, 128) + inputs + CONV + proposal + REGIONS)
    assert shape(graph, "rois") == (300, 5)
    smaller, _ = reduced(graph, 1, wire) or (None, "")
    assert smaller is not None
    assert shape(smaller, "rois") == (8, 5)


def test_net_that_fits_only_its_own_size_keeps_it() -> None:
    reshape = 'layer { type: "Reshape" bottom: "c" top: "y" reshape_param { shape { dim: 8 dim: 90000 } } }'
    graph, wire = wiring(image(1, 3, 300, 300) + CONV + reshape)
    assert reduced(graph, 1, wire) is None
