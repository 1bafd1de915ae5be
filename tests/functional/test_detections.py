from __future__ import annotations

import torch

from layerzoo.functional.detections import Limits, detections

BOXES = torch.tensor(
    [[[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.49], [0.5, 0.5, 1.0, 1.0], [0.0, 0.5, 0.5, 1.0]]]
).unsqueeze(0)
SCORES = torch.tensor([[[0.9, 0.8, 0.3, 0.1], [0.2, 0.7, 0.6, 0.4]]])


def brief(rows: torch.Tensor) -> list[tuple[int, float]]:
    """Class and score of each detection."""
    assert (rows[:, 0] == 0).all()
    return [(int(label), round(score, 3)) for label, score in rows[:, 1:3].tolist()]


def test_rows_go_by_class_and_falling_score() -> None:
    rows = detections(BOXES, SCORES, Limits(0.5, above=0.15))
    assert brief(rows) == [(0, 0.9), (0, 0.3), (1, 0.7), (1, 0.6), (1, 0.4)]
    torch.testing.assert_close(rows[2, 3:], BOXES[0, 0, 1])


def test_best_of_each_image_are_kept() -> None:
    rows = detections(BOXES, SCORES, Limits(0.5, keep=3))
    assert brief(rows) == [(0, 0.9), (1, 0.7), (1, 0.6)]
    assert len(detections(BOXES, SCORES, Limits(0.5, keep=0))) == 0
    assert len(detections(BOXES, SCORES, Limits(0.5, keep=50))) == 6


def test_each_class_has_boxes_of_its_own() -> None:
    both = torch.cat((BOXES, BOXES.flip(2)), 1)
    rows = detections(both, SCORES, Limits(0.5, top_k=1))
    torch.testing.assert_close(rows[:, 3:], torch.stack((BOXES[0, 0, 0], BOXES[0, 0, 2])))


def test_images_are_apart() -> None:
    rows = detections(BOXES.repeat(2, 1, 1, 1), torch.cat((SCORES, SCORES - 0.65)), Limits(0.5, above=0.0))
    assert rows[:, 0].tolist() == [0] * 6 + [1] * 2
    torch.testing.assert_close(rows[6:, 2], torch.tensor([0.25, 0.05]), atol=1e-6, rtol=0)


def test_nothing_is_found_without_candidates() -> None:
    assert detections(BOXES, SCORES, Limits(0.5, above=2.0)).shape == (0, 7)
    assert detections(BOXES[:0], SCORES[:0], Limits(0.5)).shape == (0, 7)
