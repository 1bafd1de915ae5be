from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault


def unique(make, values, **fields):
    x = torch.tensor(values, dtype=torch.float32)[:, None, None]
    return make("UniqueLabel", tuple(x.shape), unique_label_param=fields)(x).flatten(1).tolist()


def test_labels_are_sorted_and_the_rest_filled(make):
    found = unique(make, [[3, 0, 3, 1], [2, 2, 2, 2]], max_labels=4)
    assert found == [[0, 1, 3, -1], [2, -1, -1, -1]]


def test_ignored_and_forced_labels(make):
    found = unique(make, [[255, 4, 255, 4]], max_labels=4, ignore_label=[255], force_label=[0, 9])
    assert found == [[0, 4, 9, -1]]


def test_too_many_labels_are_an_error(make):
    with pytest.raises(DataError, match="an image has 3 labels; max_labels is 2"):
        unique(make, [[1, 2, 3]], max_labels=2)


def test_forced_labels_must_fit(shapes):
    with pytest.raises(LayerFault, match="at least one more"):
        shapes("UniqueLabel", (1, 1, 2, 2), unique_label_param={"max_labels": 2, "force_label": [0, 1]})
    with pytest.raises(LayerFault, match="expected"):
        shapes("UniqueLabel", (1, 2, 2, 2), unique_label_param={"max_labels": 2})
