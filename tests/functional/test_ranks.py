from __future__ import annotations

import torch

from layerzoo.functional.ranks import ranks_within_groups


def test_ranks_count_from_the_largest_of_each_group() -> None:
    values = torch.tensor([1.0, 5.0, 3.0, 5.0, 2.0, 9.0])
    groups = torch.tensor([0, 7, 0, 7, 0, 3])
    assert ranks_within_groups(values, groups).tolist() == [2, 0, 0, 1, 1, 0]


def test_ranks_of_nothing() -> None:
    assert ranks_within_groups(torch.zeros(0), torch.zeros(0, dtype=torch.int64)).tolist() == []
