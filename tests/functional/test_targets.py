from __future__ import annotations

import torch

from layerzoo.functional.targets import matches, sample, spread_over_classes


def test_matches_are_objects_of_highest_overlap() -> None:
    boxes = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 19], [50, 50, 59, 59]])
    found = matches(boxes, torch.tensor([[0.0, 0, 9, 9, 3], [0, 10, 9, 19, 5]]))
    assert found.object.tolist() == [0, 0, 0]
    assert found.overlap.tolist() == [1, 0.5, 0]
    assert found.label.tolist() == [3, 3, 3]
    assert found.overlaps[1].tolist() == [0.5, 0.5]
    none = matches(boxes, torch.zeros(0, 5))
    assert none.overlap.tolist() == [0, 0, 0]
    assert none.label.tolist() == [0, 0, 0]


def test_sample_holds_at_most_so_many_of_each_kind() -> None:
    kinds = torch.tensor([1, 1, 1, 0, 0, 0, 0, 2, -1])
    keys = torch.tensor([0.1, 0.9, 0.5, 0.1, 0.2, 0.3, 0.4, 1.0, 1.0])
    assert sample(kinds, keys, 2, 4).tolist() == [False, True, True, False, False, True, True, False, False]
    assert sample(kinds, keys, 9, 4).sum() == 4
    assert sample(kinds, keys, 9, 99).tolist() == [True] * 7 + [False] * 2


def test_targets_stand_in_the_columns_of_their_class() -> None:
    targets = torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, torch.nan]])
    spread = spread_over_classes(targets, torch.tensor([2, 0]), 3)
    assert spread.tolist() == [[0] * 8 + [1, 2, 3, 4], [0] * 12]
