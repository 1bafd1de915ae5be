from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.functional import nms as module
from layerzoo.functional.boxes import pairwise_overlap
from layerzoo.functional.nms import nms, suppress

ROW = torch.tensor(
    [
        [0.0, 0.0, 10.0, 10.0],
        [1.0, 0.0, 11.0, 10.0],  # overlaps the first by 9 / 11
        [2.0, 0.0, 12.0, 10.0],  # the first by 8 / 12, the second by 9 / 11
        [20.0, 0.0, 30.0, 10.0],
    ]
)


def visited(
    boxes: torch.Tensor,
    scores: torch.Tensor,
    threshold: float,
    above: float = -np.inf,
    top_k: int = -1,
    eta: float = 1,
) -> list[int]:
    """One box after the other, as in Caffe."""
    order = [i for i in scores.argsort(descending=True, stable=True).tolist() if scores[i] > above]
    overlaps = pairwise_overlap(boxes, boxes).numpy()
    kept: list[int] = []
    limit = np.float32(threshold)
    for i in order[: None if top_k < 0 else top_k]:
        if all(overlaps[i, k] <= limit for k in kept):
            kept.append(i)
            if eta < 1 and limit > 0.5:
                limit *= np.float32(eta)
    return kept


def test_nms_keeps_by_falling_score() -> None:
    order, mask = nms(ROW, torch.tensor([0.7, 0.9, 0.8, 0.1]), 0.7)
    assert order.tolist() == [1, 2, 0, 3]
    assert mask.tolist() == [True, False, False, True]


def test_nms_suppressed_boxes_suppress_none() -> None:
    """The second is suppressed by the first; so the third, which only the second overlaps enough, stays."""
    order, mask = nms(ROW, torch.tensor([0.9, 0.8, 0.7, 0.1]), 0.7)
    assert order[mask].tolist() == [0, 2, 3]


def test_nms_equal_scores_go_by_index() -> None:
    order, mask = nms(ROW, torch.full((4,), 0.5), 0.1)
    assert order.tolist() == [0, 1, 2, 3]
    assert order[mask].tolist() == [0, 3]


def test_nms_threshold_is_kept() -> None:
    """A box whose overlap is the threshold itself is kept."""
    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.5]])
    assert nms(boxes, torch.tensor([2.0, 1.0]), 0.5).mask.tolist() == [True, True]
    assert nms(boxes, torch.tensor([2.0, 1.0]), 0.49).mask.tolist() == [True, False]


def test_nms_candidates_are_above_the_score_and_among_the_best() -> None:
    scores = torch.tensor([[0.5, 0.2, 0.9, 0.2], [0.1, 0.1, 0.2, 0.3]])
    order, mask = nms(ROW, scores, 0.99, above=0.2)
    assert order.shape == (2, 2), "the first group has 2 candidates, the second 1"
    assert order[0].tolist() == [2, 0]
    assert mask.tolist() == [[True, True], [True, False]]
    assert order[1, 0] == 3
    order, mask = nms(ROW, scores, 0.99, top_k=1)
    assert order.tolist() == [[2], [3]]
    assert nms(ROW, scores, 0.99, above=1.0).mask.shape == (2, 0)
    assert nms(ROW, scores, 0.99, top_k=0).mask.shape == (2, 0)


def test_nms_nan_scores_are_no_candidates() -> None:
    scores = torch.tensor([0.5, torch.nan, 0.4, 0.3])
    for above in (None, 0.1):
        order, mask = nms(ROW, scores, 0.99, above=above)
        assert order[mask].tolist() == [0, 2, 3]


def test_nms_of_no_boxes() -> None:
    assert nms(torch.zeros(2, 0, 4), torch.zeros(2, 0), 0.5, above=0.1).mask.shape == (2, 0)
    assert nms(torch.zeros(0, 3, 4), torch.zeros(0, 3), 0.5).mask.shape == (0, 3)


def test_nms_eta_lowers_the_threshold_after_each_kept_box() -> None:
    # thresholds 0.9, then 0.9 * 0.8 = 0.72: below 9 / 11, above 8 / 12
    order, mask = nms(ROW, torch.tensor([0.9, 0.8, 0.7, 0.1]), 0.9, eta=0.8)
    assert order[mask].tolist() == [0, 2, 3]
    assert nms(ROW, torch.tensor([0.9, 0.8, 0.7, 0.1]), 0.9).mask.all()


@pytest.mark.parametrize("block", [1, 3, 256])
@pytest.mark.parametrize("at_once", [1, 2**23])
def test_nms_agrees_with_visiting_one_by_one(
    block: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK", block)
    monkeypatch.setattr(module, "_OVERLAPS_AT_ONCE", at_once)
    generator = torch.Generator().manual_seed(7)
    corners = torch.rand(2, 1, 40, 2, generator=generator)
    boxes = torch.cat((corners, corners + 0.4 * torch.rand(2, 1, 40, 2, generator=generator)), -1)
    scores = torch.rand(2, 3, 40, generator=generator).mul(20).round() / 20  # with equal ones
    kept = 0
    for threshold, above, top_k, eta in [
        (0.3, None, -1, 1.0),
        (0.45, 0.3, 20, 1.0),
        (0.8, 0.1, -1, 0.9),
        (0.95, None, 30, 0.7),
        (0.0, None, -1, 1.0),
    ]:
        order, mask = nms(boxes, scores, threshold, above=above, top_k=top_k, eta=eta)
        for image in range(2):
            for label in range(3):
                expected = visited(
                    boxes[image, 0],
                    scores[image, label],
                    threshold,
                    -np.inf if above is None else above,
                    top_k,
                    eta,
                )
                assert order[image, label][mask[image, label]].tolist() == expected
                kept += len(expected)
    assert kept > 300


def test_nms_is_right_for_a_chain_longer_than_a_block() -> None:
    """Each box overlaps only its neighbours; so every other one is kept."""
    left = torch.arange(700.0)
    chain = torch.stack((left, torch.zeros(700), left + 1.5, torch.ones(700)), -1)
    mask = suppress(chain, 0.1)
    assert mask.tolist() == [True, False] * 350


def test_suppress_boxes_that_are_no_candidates_suppress_none() -> None:
    mask = suppress(ROW, 0.1, torch.tensor([False, True, True, True]))
    assert mask.tolist() == [False, True, False, True]


def test_suppress_nan_overlaps_suppress() -> None:
    boxes = torch.tensor([[-torch.inf, -torch.inf, torch.inf, torch.inf]] * 2)
    assert suppress(boxes, 0.5).tolist() == [True, False]


def test_suppress_an_eta_too_close_to_1_to_matter_ends() -> None:
    assert suppress(ROW, 0.9, eta=0.99999999).tolist() == [True, True, True, True]


def test_nms_of_few_candidates_among_many_boxes() -> None:
    """They are picked out before they are sorted; equal scores still go by index."""
    generator = torch.Generator().manual_seed(9)
    corners = torch.rand(300, 2, generator=generator)
    boxes = torch.cat((corners, corners + 0.3), -1)
    scores = torch.rand(3, 300, generator=generator).mul(10).round() / 10
    for above, top_k in ((0.85, -1), (0.85, 7), (0.95, -1)):
        order, mask = nms(boxes, scores, 0.3, above=above, top_k=top_k)
        assert order.shape[1] < 75
        for label in range(3):
            assert order[label][mask[label]].tolist() == visited(boxes, scores[label], 0.3, above, top_k)
