from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.image import encode
from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import TEST, LayerParameter

FASTER = 'type: "ROIData" top: "data" top: "im_info" top: "gt_boxes" '
FAST = 'type: "ROIData" top: "d" top: "rois" top: "l" top: "t" top: "i" top: "o" '


def window_file(folder: Path) -> Path:
    """A window file of one grey image, 10 x 20 (height x width), with one object."""
    (folder / "a.png").write_bytes(encode(np.full((3, 10, 20), 7, np.uint8), "png", "a"))
    path = folder / "w.txt"
    path.write_text("# 0\na.png\n3\n10\n20\n1\n2 1 0 0 9 9\n")
    return path


def example(folder: Path) -> str:
    size = "short_side: 32 long_side: 48 num_classes: 3 prefetch: 0"
    return f"""
layer {{ name: "d" type: "ROIData" top: "data" top: "im_info" top: "gt_boxes"
  roi_data_param {{ synthetic: true {size} }} }}
layer {{ name: "e" type: "ROIData" top: "data2" top: "im_info2" top: "gt_boxes2"
  roi_data_param {{ source: "{window_file(folder)}" {size} }} }}
"""


def field(text: str) -> str:
    return f"roi_data_param {{ {text} }}"


def test_tops_are_image_size_and_objects(make):
    data = make(FASTER + field("synthetic: true short_side: 32 long_side: 48 prefetch: 0"))
    image, size, objects = data()
    assert image.shape == (1, 3, 32, 48)
    assert size.tolist() == [[32, 48, 1]]
    assert objects.shape == (4, 5)


def test_window_file_is_read(make, tmp_path):
    fields = f'source: "{window_file(tmp_path)}" short_side: 20 long_side: 60 mean_value: 7 mirror: false'
    data = make(FASTER + field(fields))
    image, size, objects = data()
    data.close()
    assert image.shape == (1, 3, 20, 40)
    assert image.abs().max() == 0
    assert objects.tolist() == [[0, 0, 18, 18, 2]]
    assert size.tolist() == [[20, 40, 2]]


def test_regions_of_fast_rcnn(make):
    text = FAST + field(
        "synthetic: true short_side: 32 long_side: 48 num_classes: 3 batch_size: 16 prefetch: 0"
    )
    image, regions, labels, targets, _, _ = make(text)()
    assert image.shape == (2, 3, 32, 48)
    assert regions.shape == (16, 5)
    assert labels.shape == (16,)
    assert targets.shape == (16, 12)


def test_stand_in_makes_random_data():
    param = LayerParameter(top=["data", "im_info", "gt_boxes"], type="ROIData")
    assert LAYERS["ROIData"].stand_in(param) is param
    assert param.roi_data_param.synthetic
    assert LAYERS["ROIData"].top_shapes(param, []) == [(1, 3, 224, 320), (1, 3), (4, 5)]


def test_randomness_is_that_of_mirror_or_choice():
    kind, param = LAYERS["ROIData"], LayerParameter(top=["data", "im_info", "gt_boxes"], phase=0)
    assert kind.randomness(param) == "mirror is random"
    param.phase = TEST
    assert kind.randomness(param) is None
    param.top[1] = "rois"
    assert "choice" in (kind.randomness(param) or "")


def test_shapes_and_faults(shapes):
    text = f"{FAST} python_param {{ param_str: \"'num_classes': 21\" }} {field('synthetic: true')}"
    assert shapes(text) == [(2, 3, 600, 1000), (128, 5), (128,), *[(128, 84)] * 3]
    for text, message in (
        (FASTER, "source is missing"),
        (FASTER + field("synthetic: true images: 2"), "2 images; Faster R-CNN's"),
        (FASTER + 'top: "x"' + field("synthetic: true"), "4 tops"),
        (FAST + field("synthetic: true"), "num_classes 0"),
        (FAST + field("synthetic: true num_classes: 3 images: 3"), "batch_size 128 for 3 images"),
        (FASTER + field("synthetic: true mean_value: [1, 2]"), "2 mean values"),
        (FASTER + field("synthetic: true short_side: 0"), "short_side must be at least 1"),
    ):
        with pytest.raises(LayerFault, match=message):
            shapes(text)
    with pytest.raises(LayerFault, match="can't be opened"):
        LAYERS["ROIData"](
            LayerParameter(top=["a", "b", "c"], roi_data_param={"source": "/no/file"})
        ).samples()
