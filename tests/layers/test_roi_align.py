"""ROIAlign, against loops in numpy written after the papers."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
import torch

from layerzoo.errors import DataError, LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 5 } } }
layer { name: "r" type: "DummyData" top: "r" dummy_data_param { shape { dim: 3 dim: 5 }
  data_filler { type: "constant" value: 0 } } }
layer { name: "a" type: "ROIAlign" bottom: "x" bottom: "r" top: "a"
  roi_align_param { pooled_h: 2 pooled_w: 3 spatial_scale: 0.5 sampling_ratio: 2 } }
layer { name: "b" type: "ROIAlign" bottom: "x" bottom: "r" top: "b"
  roi_align_param { pooled_h: 2 pooled_w: 1 } }
layer { name: "c" type: "ROIAlign" bottom: "x" bottom: "r" top: "c"
  roi_pooling_param { pooled_h: 2 pooled_w: 3 pad_ratio: 0.5 } }
"""
REGIONS = np.array(
    [[0, 1.3, 0.2, 6.9, 4.7], [1, -3, 1, 12, 2.5], [0, 2, 2, 2, 2], [1, 3, 3, 1, 5], [0, 0, 0, 40, 30]], "f4"
)


def layer(message: str) -> str:
    return f'type: "ROIAlign" {message}'


def bilinear(image: np.ndarray, y: float, x: float, margin: float, last: float) -> float:
    """A sample of one channel; 0 beyond ``margin`` outside."""
    if not (-margin <= y <= image.shape[0] - last and -margin <= x <= image.shape[1] - last):
        return 0.0
    y, x = min(max(y, 0), image.shape[0] - 1), min(max(x, 0), image.shape[1] - 1)
    top, left = int(y), int(x)
    low, right = min(top + 1, image.shape[0] - 1), min(left + 1, image.shape[1] - 1)
    v, u = y - top, x - left
    upper = (1 - u) * image[top, left] + u * image[top, right]
    return (1 - v) * upper + v * ((1 - u) * image[low, left] + u * image[low, right])


def bins(x: np.ndarray, rows: int, columns: int, scale: float, ratio: int) -> np.ndarray:
    """Mask R-CNN's."""
    y = np.zeros((len(REGIONS), x.shape[1], rows, columns))
    for r, c, i, j in np.ndindex(y.shape):
        n, x1, y1, x2, y2 = REGIONS[r] * [1, *[scale] * 4]
        high, wide = max(y2 - y1, 1) / rows, max(x2 - x1, 1) / columns
        down, across = ratio or ceil(high), ratio or ceil(wide)
        samples = [
            bilinear(
                x[int(n), c], y1 + (i + (a + 0.5) / down) * high, x1 + (j + (b + 0.5) / across) * wide, 1, 0
            )
            for a in range(down)
            for b in range(across)
        ]
        y[r, c, i, j] = np.mean(samples)
    return y


def corners(x: np.ndarray, rows: int, columns: int, scale: float, pad: float) -> np.ndarray:
    """Cascade R-CNN's."""
    y = np.zeros((len(REGIONS), x.shape[1], rows + 1, columns + 1))
    for r, c, i, j in np.ndindex(y.shape):
        n, x1, y1, x2, y2 = REGIONS[r]
        wide, high = (x2 - x1 + 1) * pad, (y2 - y1 + 1) * pad
        x1, x2, y1, y2 = (v * scale - 0.5 for v in (x1 - wide, x2 + wide, y1 - high, y2 + high))
        if x2 > x1 and y2 > y1:
            at = y1 + i * (y2 - y1) / rows, x1 + j * (x2 - x1) / columns
            y[r, c, i, j] = bilinear(x[int(n), c], *at, 0.5, 0.5)
    return y


@pytest.mark.parametrize("ratio", [0, 1, 3])
def test_bins_are_means_of_samples(make, ratio):
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 9)).astype("f4")
    fields = f"pooled_h: 2 pooled_w: 3 spatial_scale: 0.5 sampling_ratio: {ratio}"
    align = make(layer(f"roi_align_param {{ {fields} }}"), (2, 3, 7, 9), (5, 5))
    y = align(torch.from_numpy(x), torch.from_numpy(REGIONS))
    np.testing.assert_allclose(y, bins(x, 2, 3, 0.5, ratio), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pad", [0, 0.25])
def test_corners_are_samples(make, pad):
    x = np.random.default_rng(1).standard_normal((2, 3, 7, 9)).astype("f4")
    fields = f"pooled_h: 3 pooled_w: 2 spatial_scale: 0.5 pad_ratio: {pad}"
    align = make(layer(f"roi_pooling_param {{ {fields} }}"), (2, 3, 7, 9), (5, 5))
    y = align(torch.from_numpy(x), torch.from_numpy(REGIONS))
    np.testing.assert_allclose(y, corners(x, 3, 2, 0.5, pad), rtol=1e-4, atol=1e-5)


def test_regions_get_no_gradient(make):
    align = make(layer("roi_align_param { pooled_h: 1 pooled_w: 1 }"), (2, 1, 7, 9), (5, 5))
    x, regions = torch.ones(2, 1, 7, 9, requires_grad=True), torch.from_numpy(REGIONS).requires_grad_()
    align(x, regions).sum().backward()
    assert x.grad is not None
    assert x.grad.sum() > 3
    assert regions.grad is None


def test_image_index_is_checked(make):
    align = make(layer("roi_align_param { pooled_h: 1 pooled_w: 1 }"), (1, 1, 7, 9), (5, 5))
    with pytest.raises(DataError, match="image index of a region 1 is out of range"):
        align(torch.ones(1, 1, 7, 9), torch.from_numpy(REGIONS))


def test_shapes_and_faults(shapes):
    size = "pooled_h: 2 pooled_w: 3"
    assert shapes(layer(f"roi_align_param {{ {size} }}"), (1, 4, 7, 9), (5, 5)) == [(5, 4, 2, 3)]
    assert shapes(layer(f"roi_pooling_param {{ {size} }}"), (1, 4, 7, 9), (5, 5)) == [(5, 4, 3, 4)]
    for message, fault in (
        ("", "no roi_align_param is given"),
        (f"roi_align_param {{ {size} }} roi_pooling_param {{ {size} }}", "both roi_align_param and"),
        ("roi_align_param { pooled_w: 3 }", "pooled_h must be at least 1"),
        ("roi_pooling_param { pooled_h: 3 }", "pooled_w must be at least 1"),
        (f"roi_pooling_param {{ {size} pooled_size: 2 }}", "ROIAlign doesn't read pooled_size"),
    ):
        with pytest.raises(LayerFault, match=fault):
            shapes(layer(message), (1, 4, 7, 9), (5, 5))


def test_no_regions_give_an_empty_top(make):
    align = make(layer("roi_align_param { pooled_h: 1 pooled_w: 2 }"), (2, 3, 7, 9), (0, 5))
    assert align(torch.ones(2, 3, 7, 9), torch.zeros(0, 5)).shape == (0, 3, 1, 2)
