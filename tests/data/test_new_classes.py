"""Classes of a named data set put together, and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from layerzoo.data.datasets.digits import Digits
from layerzoo.data.datasets.shapes import Shapes
from layerzoo.data.new_classes import check_new_classes, new_class_names, new_labels
from layerzoo.errors import LayerFault
from layerzoo.schema import DatasetParameter

ODD = [0, 1] * 5


def digits(**fields: Any) -> DatasetParameter:
    return DatasetParameter(name="digits", **fields)


def test_new_labels_are_looked_up() -> None:
    labels = np.float32([3, 0, 9, 4])
    found = new_labels(labels, digits(class_of=ODD))
    assert (found.tolist(), found.dtype) == ([1, 0, 1, 0], np.float32)
    assert new_labels(labels, digits()) is labels


def test_new_class_names_are_those_given_or_numbers() -> None:
    assert new_class_names(Digits, digits(class_of=ODD, class_name=["even", "odd"])) == ["even", "odd"]
    assert new_class_names(Digits, digits(class_of=[2, 1, 0] + [2] * 7)) == ["0", "1", "2"]
    assert new_class_names(Digits, digits()) == [*"0123456789"]
    assert len(new_class_names(Digits, digits(class_of=[4294967295]))) == 10
    assert new_class_names(Digits, digits(class_name=[*"abcdefghij"])) == [*"abcdefghij"]


def test_check_accepts_what_fits() -> None:
    for fields in ({}, {"class_of": ODD}, {"class_of": range(10)}, {"class_name": [*"abcdefghij"]}):
        check_new_classes(Digits, digits(**fields))
    check_new_classes(Digits, digits(class_of=[0] * 10, class_name=["all"]))


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"class_of": [0, 1]}, "class_of", "class_of has 2 values; 'digits' has 10 classes"),
        ({"class_of": [0, 2] * 5}, "class_of", "class_of has class 2, but no class 1"),
        ({"class_of": [1] * 10}, "class_of", "class_of has class 1, but no class 0"),
        ({"class_of": [4294967295, *range(9)]}, "class_of", "class_of has class 4294967295, but no class 9"),
        ({"class_of": ODD, "class_name": ["even"]}, "class_name", "class_name has 1 names for 2 classes"),
        ({"class_name": ["even", "odd"]}, "class_name", "class_name has 2 names for 10 classes"),
    ],
)
def test_check_refuses_what_does_not_fit(fields: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(LayerFault) as caught:
        check_new_classes(Digits, digits(**fields))
    assert (caught.value.message, caught.value.field) == (message, f"dataset_param.{field}")
    assert caught.value.hint


def test_check_refuses_masks_and_boxes() -> None:
    p = DatasetParameter(name="shapes", target="MASK", class_name=["a"])
    with pytest.raises(LayerFault, match="class_name is of the classes of whole images, and target is MASK"):
        check_new_classes(Shapes, p)
