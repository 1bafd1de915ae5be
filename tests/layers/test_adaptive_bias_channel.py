from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST


def adapted(make, scores, labels, **fields):
    """Scores of classes at pixels."""
    x = torch.tensor(scores)[None, :, None]
    labels = torch.tensor(labels, dtype=torch.float32).view(1, -1, 1, 1)
    layer = make(
        "AdaptiveBiasChannel",
        tuple(x.shape),
        tuple(labels.shape),
        phase=TEST,
        adaptive_bias_channel_param=fields,
    )
    return layer(x, labels)[0, :, 0]


def test_an_image_without_labels_stays(make):
    scores = [[1.0, 2], [3, 4]]
    assert adapted(make, scores, [-1, -1]).tolist() == scores


def test_absent_classes_fall_below_the_present_ones(make):
    y = adapted(make, [[1.0, 2], [3, 1]], [0], margin_others=0.5, bg_portion=0)
    assert y.tolist() == [[1, 2], [0.5, 1]]


def test_a_class_becomes_the_best_in_its_part(make):
    y = adapted(make, [[5.0, 5, 5, 5], [1, 2, 3, 4]], [0, 1], fg_portion=0.5, bg_portion=0)
    # class 1 lacks 4, 3, 2 and 1; the third smallest, 3, makes it the best at two pixels, level at one
    gained = y[1] - torch.tensor([1.0, 2, 3, 4])
    assert torch.allclose(gained, gained[0].expand(4))
    assert (y[1] > y[0]).tolist() == [False, False, True, True]
    assert y.amax(0).mean().item() == pytest.approx(5)


def test_faults(make, shapes):
    with pytest.raises(LayerFault, match="num_iter"):
        shapes("AdaptiveBiasChannel", (1, 3, 2, 2), (1, 2, 1, 1), adaptive_bias_channel_param={"num_iter": 0})
    with pytest.raises(LayerFault, match="fg_portion 2 is not in"):
        shapes(
            "AdaptiveBiasChannel", (1, 3, 2, 2), (1, 2, 1, 1), adaptive_bias_channel_param={"fg_portion": 2}
        )
    with pytest.raises(LayerFault, match="labels of shape"):
        shapes("AdaptiveBiasChannel", (1, 3, 2, 2), (1, 1, 2, 2))
    with pytest.raises(DataError, match="label 2 is out of range"):
        adapted(make, [[1.0, 2], [3, 4]], [2])
