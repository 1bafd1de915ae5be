"""SegAccuracy, by hand; recordings of PSPNet's layer are in the conformance tests."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.layers.seg_accuracy import SegAccuracy
from layerzoo.schema import LayerParameter


def layer(classes: int = 3, **fields: object) -> SegAccuracy:
    param = LayerParameter(name="a", type="SegAccuracy", top=["y"], seg_accuracy_param=fields)
    shapes = [(1, classes, 1, 4), (1, 1, 1, 4)]
    assert SegAccuracy.top_shapes(param, shapes) == [(1, 1, 1, 3)]
    return SegAccuracy.build(param, shapes)


def scores(*predicted: int, classes: int = 3) -> torch.Tensor:
    one_hot = torch.nn.functional.one_hot(torch.tensor(predicted), classes).float()
    return one_hot.t().reshape(1, classes, 1, -1)


def labels(*values: float) -> torch.Tensor:
    return torch.tensor(values).reshape(1, 1, 1, -1)


def test_accuracies_of_four_pixels() -> None:
    found = layer()(scores(0, 0, 1, 1), labels(0, 0, 0, 1)).flatten()
    # 3 of 4; of class 0 two thirds, of class 1 all; IoU 2/3, 1/2, and 1 for the absent class
    torch.testing.assert_close(found, torch.tensor([3 / 4, (2 / 3 + 1) / 2, (2 / 3 + 1 / 2 + 1) / 3]))


def test_ignored_labels_are_not_counted() -> None:
    found = layer(ignore_label=[255, 2])(scores(0, 1, 1, 1), labels(0, 255, 2, 0)).flatten()
    torch.testing.assert_close(found, torch.tensor([1 / 2, 1 / 2, (1 / 2 + 0 + 1) / 3]))
    nothing = layer(ignore_label=[0])(scores(0, 0, 0, 0), labels(0, 0, 0, 0)).flatten()
    assert nothing.tolist() == [0, 0, 1]


def test_counts_go_on_without_reset() -> None:
    right, wrong = scores(0, 0, 0, 0), scores(1, 1, 1, 1)
    for reset, wanted in ((True, 1.0), (False, 0.5)):
        made = layer(reset=reset)
        made(wrong, labels(0, 0, 0, 0))
        assert made(right, labels(0, 0, 0, 0))[0, 0, 0, 0] == wanted


def test_labels_out_of_range_are_an_error() -> None:
    made = layer()
    with pytest.raises(DataError, match="label 7"):
        made(scores(0, 0, 0, 0), labels(0, 7, 0, 0))


def test_shapes_have_to_fit() -> None:
    param = LayerParameter(type="SegAccuracy", top=["y"])
    with pytest.raises(LayerFault, match=r"expected \(2, 1, 4, 5\)"):
        SegAccuracy.top_shapes(param, [(2, 3, 4, 5), (2, 1, 4, 4)])
    with pytest.raises(LayerFault, match=r"expected \(N, C, height, width\)"):
        SegAccuracy.top_shapes(param, [(2, 3), (2, 1)])
