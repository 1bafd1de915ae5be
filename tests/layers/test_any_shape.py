"""Bottoms of any number of axes and any size: every layer type gives shapes or a fault."""

from __future__ import annotations

from itertools import product

import pytest

from layerzoo.errors import LayerzooError
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.schema import LayerParameter

SHAPES = (
    (),
    (0,),
    (1,),
    (2, 3),
    (2, 3, 4),
    (2, 3, 4, 5),
    (2, 1, 1, 1),
    (1, 2, 3, 4, 5),
    (0, 0, 0, 0),
    (2, 3, 0, 4),
    (3, 5),
)

NONE_FIT = {
    "AnchorTarget",
    "BatchContrastiveLoss",
    "BoxAnnotatorOHEM",
    "BoxGroupOutput",
    "BoxOutput",
    "CtcLoss",
    "SpatialTransformer",
    "DecodeBBox",
    "DetectionEvaluate",
    "DetectionOutput",
    "EvalDetection",
    "FlowAugmentation",
    "FlowWarp",
    "LSTMUnit",
    "MultiBoxLoss",
    "Proposal",
    "Python",
    "Region",
    "RegionLoss",
    "SPP",
    "SubRegion",
    "YoloDetectionOutput",
    "Yolov3",
    "Yolov3DetectionOutput",
}
"""Layers whose bottoms are of other shapes, e.g. a square matrix."""


def params(name: str) -> list[LayerParameter]:
    """The layer without fields, and as in its example."""
    kind = LAYERS[name]
    example = f"{kind.messages[0]} {{ {kind.example} }}" if kind.example and kind.messages else ""
    texts = {f'layer {{ name: "e" type: "{name}" {inside} }}' for inside in ("", example)}
    return [parse_net(text).message.layer[0] for text in sorted(texts)]


@pytest.mark.parametrize("name", sorted(name for name in LAYERS if not LAYERS[name].is_data))
def test_layer_gives_shapes_or_a_fault_for_bottoms_of_any_shape(name: str) -> None:
    kind = LAYERS[name]
    most = kind.bottoms.min + 1 if kind.bottoms.max is None else kind.bottoms.max
    taken = 0
    for param in params(name):
        for count in range(kind.bottoms.min, min(most, 3) + 1):
            for shapes in product(SHAPES, repeat=count):
                for tops in {kind.tops.min, count, 1}:
                    tried = LayerParameter()
                    tried.CopyFrom(param)
                    tried.bottom.extend(f"x{index}" for index in range(count))
                    tried.top.extend(f"y{index}" for index in range(tops))
                    try:
                        made = kind.top_shapes(tried, list(shapes))
                        kind.all_params(tried, list(shapes))
                    except LayerzooError:
                        continue
                    taken += 1
                    assert all(size >= 0 for shape in made for size in shape), (shapes, made)
    assert taken or name in NONE_FIT, "it takes none of these shapes"
