from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def layer(fields: str = "roi_per_img: 2") -> str:
    return f'type: "BoxAnnotatorOHEM" top: "l" top: "w" box_annotator_ohem_param {{ {fields} }}'


def test_regions_of_highest_loss_of_each_image_keep_labels_and_weights(make):
    regions = torch.zeros(5, 5)
    regions[:, 0] = torch.tensor([0.0, 1, 0, 0, 1])
    losses = torch.tensor([0.5, 0.1, 2.0, 1.0, 0.2]).reshape(5, 1)
    labels, weights = torch.tensor([3.0, 4, 5, 0, 6]), torch.arange(10.0).reshape(5, 2)
    annotate = make(layer("roi_per_img: 2 ignore_label: -7"), (5, 5), (5, 1), (5,), (5, 2))
    kept, kept_weights = annotate(regions, losses, labels, weights)
    assert kept.flatten().tolist() == [-7, 4, 5, 0, 6]
    assert kept_weights.reshape(5, 2).tolist() == [[0, 0], [2, 3], [4, 5], [6, 7], [8, 9]]


def test_positions_of_an_image_are_regions_too(make):
    regions = torch.zeros(1, 5, 2, 2)
    losses = torch.tensor([[[[1.0, 4], [3, 2]]]])
    kept, _ = make(layer(), (1, 5, 2, 2), (1, 1, 2, 2), (1, 1, 2, 2), (1, 8, 2, 2))(
        regions, losses, torch.ones(1, 1, 2, 2), torch.ones(1, 8, 2, 2)
    )
    assert kept.tolist() == [[[[-1, 1], [1, -1]]]]


def test_shapes_and_faults(shapes):
    assert shapes(layer(), (6, 5), (6,), (6, 1, 1, 1), (6, 8)) == [(6, 1, 1, 1), (6, 8, 1, 1)]
    for bottoms, bottom in (
        (((6, 4), (6,), (6,), (6, 8)), 0),
        (((6, 5), (7,), (6,), (6, 8)), 1),
        (((6, 5), (6,), (6, 2), (6, 8)), 2),
        (((6, 5), (6,), (6,), (5, 8)), 3),
        (((6, 5), (6,), (6,), ()), 3),
    ):
        with pytest.raises(LayerFault, match="shape") as fault:
            shapes(layer(), *bottoms)
        assert fault.value.bottom == bottom
    with pytest.raises(LayerFault, match="roi_per_img must be at least 1"):
        shapes(layer("roi_per_img: 0"), (6, 5), (6,), (6,), (6, 8))
