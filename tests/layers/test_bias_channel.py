from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import BiasChannelParameter

PIXEL = BiasChannelParameter.PIXEL


def biased(make, labels, **fields):
    """The biases of 3 classes at one or two pixels."""
    labels = torch.tensor(labels, dtype=torch.float32)
    labels = labels.view(1, 1, 1, -1) if fields.get("label_type") == PIXEL else labels.view(1, -1, 1, 1)
    x = torch.zeros(1, 3, 1, labels.shape[3])
    layer = make("BiasChannel", tuple(x.shape), tuple(labels.shape), bias_channel_param=fields)
    return layer(x, labels)[0, :, 0].tolist()


def test_classes_of_the_image_are_favoured(make):
    assert biased(make, [0, 2, -1]) == [[1], [0], [2]]
    assert biased(make, [2, 2, 1], fg_bias=3, ignore_label=[1]) == [[0], [0], [6]]


def test_pixels_favour_their_class(make):
    assert biased(make, [0, 2], label_type=PIXEL) == [[0 + 2, 0], [0, 0], [0, 2]]


def test_pixels_of_other_classes_favour_the_background_too(make):
    found = biased(make, [0, 2], label_type=PIXEL, bg_bias=1)
    assert found == [[1, 1], [0, 0], [0, 2]]
    found = biased(make, [1, 255], label_type=PIXEL, background_label=1, ignore_label=[255])
    assert found == [[0, 0], [1, 0], [0, 0]]


def test_a_label_out_of_range_is_an_error(make):
    with pytest.raises(DataError, match="label 3 is out of range"):
        biased(make, [3])


@pytest.mark.parametrize("fields", [{"bg_bias": -1}, {"fg_bias": -1}, {"background_label": 3}])
def test_values_out_of_range_are_refused(shapes, fields):
    with pytest.raises(LayerFault):
        shapes("BiasChannel", (1, 3, 2, 2), (1, 2, 1, 1), bias_channel_param=fields)


def test_labels_of_another_shape_are_refused(shapes):
    with pytest.raises(LayerFault, match="labels of shape"):
        shapes("BiasChannel", (1, 3, 2, 2), (1, 1, 2, 2))
    with pytest.raises(LayerFault, match="labels of shape"):
        shapes("BiasChannel", (1, 3, 2, 2), (1, 2, 1, 1), bias_channel_param={"label_type": PIXEL})
