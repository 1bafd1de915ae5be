"""MeanIOU, by hand."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.layers.mean_iou import MeanIOU
from layerzoo.schema import LayerParameter

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 2 dim: 4 } } }
layer { name: "t" type: "Input" top: "t" input_param { shape { dim: 2 dim: 1 dim: 2 dim: 4 } } }
layer { name: "l" type: "MeanIOU" bottom: "x" bottom: "t" top: "y" mean_iou_param { ignore_label: 2 } }
"""


def layer(**fields: object) -> MeanIOU:
    param = LayerParameter(name="a", type="MeanIOU", top=["y"], mean_iou_param=fields)
    shapes = [(1, 3, 1, 4), (1, 1, 1, 4)]
    assert MeanIOU.top_shapes(param, shapes) == [(1, 1, 3, 3)]
    return MeanIOU.build(param, shapes)


def scores(*predicted: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor(predicted), 3).float().t().reshape(1, 3, 1, -1)


def labels(*values: float) -> torch.Tensor:
    return torch.tensor(values).reshape(1, 1, 1, -1)


def test_pixels_are_counted_by_class_and_predicted_class() -> None:
    found = layer()(scores(0, 2, 1, 1), labels(0, 0, 0, 1))
    assert found.tolist() == [[[[1, 1, 1], [0, 1, 0], [0, 0, 0]]]]
    again = layer()(scores(0, 0, 0, 0), labels(2, 2, 0, 0))
    assert again[0, 0].tolist() == [[2, 0, 0], [0, 0, 0], [2, 0, 0]]


def test_ignored_labels_are_not_counted() -> None:
    found = layer(ignore_label=[255, 2])(scores(0, 1, 1, 1), labels(0, 255, 2, 0))
    assert found[0, 0].tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_labels_out_of_range_are_an_error() -> None:
    with pytest.raises(DataError, match="label 7"):
        layer()(scores(0, 0, 0, 0), labels(0, 7, 0, 0))


def test_shapes_have_to_fit() -> None:
    param = LayerParameter(type="MeanIOU", top=["y"])
    with pytest.raises(LayerFault, match=r"expected \(2, 1, 4, 5\)"):
        MeanIOU.top_shapes(param, [(2, 3, 4, 5), (2, 1, 4, 4)])
    with pytest.raises(LayerFault, match=r"expected \(N, C, height, width\)"):
        MeanIOU.top_shapes(param, [(2, 3), (2, 1)])
