from __future__ import annotations

import pytest
import torch

from layerzoo.functional.matching import match, slots_of


def greedy(overlaps: list[list[float]], ignored: list[bool], threshold: float | None) -> list[int]:
    """One pair after the other, as in Caffe; rows are boxes."""
    most, count = len(overlaps), len(overlaps[0])
    pairs = {
        (p, g): overlaps[g][p]
        for p in range(count)
        for g in range(most)
        if overlaps[g][p] > 1e-6 and not ignored[p]
    }
    found = [-2 if one else -1 for one in ignored]
    pool = set(range(most))
    while open_pairs := [pair for pair in pairs if pair[1] in pool and found[pair[0]] == -1]:
        p, g = max(open_pairs, key=lambda pair: (pairs[pair], -pair[0], -pair[1]))
        found[p] = g
        pool.remove(g)
    for p in range(count):
        own = [(pairs[p, g], -g) for g in range(most) if (p, g) in pairs]
        if threshold is not None and found[p] == -1 and own and max(own)[0] >= threshold:
            found[p] = -max(own)[1]
    return found


def test_slots_of_pads_the_groups() -> None:
    group = torch.tensor([2, 0, 2, 1, 2])
    slots = slots_of(group, torch.tensor([True, True, True, False, True]), 4)
    assert slots.box.tolist() == [[1, 0, 0], [0, 0, 0], [0, 2, 4], [0, 0, 0]]
    assert slots.filled.sum(1).tolist() == [1, 0, 3, 0]
    assert slots.filled[2].all()


def test_slots_of_nothing() -> None:
    assert slots_of(torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.bool), 2).box.shape == (
        2,
        1,
    )
    none = slots_of(torch.tensor([0, -1]), torch.tensor([False, False]), 2)
    assert none.filled.tolist() == [[False], [False]]


def test_match_gives_each_box_its_best_prediction_first() -> None:
    # both boxes overlap the first prediction most; the second box gets it, the first its second best
    overlaps = torch.tensor([[[0.6, 0.3, 0.55], [0.7, 0.1, 0.2]]])
    assert match(overlaps, None, None).slot.tolist() == [[1, -1, 0]]
    result = match(overlaps, None, 0.25)
    assert result.slot.tolist() == [[1, 0, 0]]
    torch.testing.assert_close(result.overlap, torch.tensor([[0.7, 0.3, 0.55]]))


def test_match_leaves_ignored_predictions_out() -> None:
    overlaps = torch.tensor([[[0.6, 0.3, 0.5]]])
    result = match(overlaps, torch.tensor([[True, False, False]]), 0.1)
    assert result.slot.tolist() == [[-2, 0, 0]]
    assert result.overlap[0, 0] == 0


def test_match_threshold_is_enough_and_nothing_is_not() -> None:
    overlaps = torch.tensor([[[0.9, 0.5, 0.49, 0.0, 1e-7]]])
    assert match(overlaps, None, 0.5).slot.tolist() == [[0, 0, -1, -1, -1]]
    assert match(overlaps, None, 0.0).slot.tolist() == [[0, 0, 0, -1, -1]]


def test_match_without_boxes_or_predictions() -> None:
    assert match(torch.zeros(2, 0, 3), None, 0.5).slot.tolist() == [[-1] * 3] * 2
    assert match(torch.zeros(2, 3, 0), None, 0.5).slot.shape == (2, 0)


@pytest.mark.parametrize("steps", [4, 1000])
@pytest.mark.parametrize("threshold", [None, 0.5])
def test_match_agrees_with_one_pair_after_the_other(steps: int, threshold: float | None) -> None:
    """Also where many overlaps are equal."""
    generator = torch.Generator().manual_seed(3)
    overlaps = torch.randint(0, steps, (30, 6, 11), generator=generator) / steps
    ignored = torch.rand(30, 11, generator=generator) < 0.2
    result = match(overlaps, ignored, threshold)
    for one, skip, slot in zip(overlaps.tolist(), ignored.tolist(), result.slot.tolist(), strict=True):
        assert slot == greedy(one, skip, threshold)
