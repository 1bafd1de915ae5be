import math

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional import yolo


def test_cells_and_channels_are_inverse():
    x = torch.arange(2 * 6 * 3 * 4.0).reshape(2, 6, 3, 4)
    split = yolo.cells(x, 2)
    assert split.shape == (2, 2, 3, 4, 3)
    assert split[1, 1, 2, 0, 2] == x[1, 1 * 3 + 2, 2, 0]
    assert torch.equal(yolo.channels(split), x)


def test_boxes_by_hand():
    coordinates = torch.zeros(1, 2, 2, 4, 4)
    coordinates[0, 1, 1, 2] = torch.tensor([0.5, 0.25, math.log(2), 0.0])
    found = yolo.boxes(coordinates, torch.tensor([[0.1, 0.2], [0.3, 0.4]]))
    torch.testing.assert_close(found[0, 1, 1, 2], torch.tensor([2.5 / 4, 1.25 / 2, 0.6, 0.4]))
    torch.testing.assert_close(found[0, 0, 0, 3], torch.tensor([0.75, 0.0, 0.1, 0.2]))


A = torch.tensor([0.3, 0.4, 0.2, 0.4], dtype=torch.float64)
B = torch.tensor([0.4, 0.4, 0.2, 0.2], dtype=torch.float64)


def test_similarity_by_hand():
    """The boxes share 0.1 x 0.2; the smallest box around both is 0.3 x 0.4."""
    overlap = 0.02 / (0.08 + 0.04 - 0.02)
    assert yolo.similarity(A, B).item() == pytest.approx(overlap)
    assert yolo.similarity(A, B, "GIOU").item() == pytest.approx(overlap - 0.02 / 0.12)
    distance = 0.01 / 0.25
    assert yolo.similarity(A, B, "DIOU").item() == pytest.approx(overlap - distance**0.6)
    angles = 4 / math.pi**2 * (math.atan(1) - math.atan(0.5)) ** 2
    weight = angles / (1 - overlap + angles + 1e-6)
    assert yolo.similarity(A, B, "CIOU").item() == pytest.approx(overlap - distance - weight * angles)


@pytest.mark.parametrize("kind", ["IOU", "GIOU", "DIOU", "CIOU"])
def test_equal_boxes_have_similarity_1(kind):
    assert yolo.similarity(A, A, kind).item() == pytest.approx(1, abs=1e-6)


def test_best_similarity_counts_valid_boxes_only(monkeypatch):
    monkeypatch.setattr(yolo, "_AT_ONCE", 1)
    values, others = torch.stack([A, B])[None], torch.stack([B, A])[None]
    best = yolo.best_similarity(values, others, torch.tensor([[True, False]]))
    torch.testing.assert_close(best, torch.tensor([[0.2, 1.0]], dtype=torch.float64))
    none = yolo.best_similarity(values, others, torch.tensor([[False, False]]))
    assert none.tolist() == [[0, 0]]
    assert yolo.best_similarity(values, others[:, :0], torch.zeros(1, 0).bool()).tolist() == [[0, 0]]


@pytest.mark.parametrize("kind", ["IOU", "GIOU"])
def test_similarity_slope_is_the_derivative_up_to_darknets_factor(kind):
    """Those by width and height are twice as large."""
    generator = torch.Generator().manual_seed(3)
    values = torch.rand(40, 4, generator=generator, dtype=torch.float64) * 0.3 + 0.3
    others = torch.rand(40, 4, generator=generator, dtype=torch.float64) * 0.3 + 0.3
    values.requires_grad_()
    (exact,) = torch.autograd.grad(yolo.similarity(values, others, kind).sum(), values)
    factor = torch.tensor([1, 1, 2, 2])
    torch.testing.assert_close(yolo.similarity_slope(values.detach(), others, kind), exact * factor)


def test_check_anchors_names_what_is_wrong():
    yolo.check_anchors([1, 2, 3, 4], 1, "m")
    for biases, highest, message in (
        ([], 0, "0 numbers; expected 2 per anchor"),
        ([1, 2, 3], 0, "3 numbers"),
        ([1, -2], 0, "above 0"),
        ([1, 2], 1, "there is no anchor 1: biases has 1, counted from 0"),
        ([1, 2], -1, "no anchor is used"),
    ):
        with pytest.raises(LayerFault, match=message) as caught:
            yolo.check_anchors(biases, highest, "m")
        assert caught.value.field == "m.biases"
