from __future__ import annotations

import torch

from layerzoo.functional.hard_examples import Suppression, hardest

LOSS = torch.tensor([[0.1, 0.9, 0.5, 0.7, 0.3]])
ALL = torch.ones(1, 5, dtype=torch.bool)
# the second and the fourth overlap by 0.8, the third is a point
BOXES = torch.tensor(
    [
        [
            [0.0, 0.0, 0.1, 0.1],
            [0.5, 0.5, 1.0, 1.0],
            [0.3, 0.3, 0.3, 0.3],
            [0.5, 0.5, 1.0, 0.9],
            [0.0, 0.5, 0.2, 0.6],
        ]
    ]
)


def chosen(eligible: torch.Tensor, number: int, suppression: Suppression | None = None) -> list[int]:
    return hardest(LOSS, eligible, torch.tensor([number]), suppression)[0].nonzero().flatten().tolist()


def test_hardest_are_those_with_the_largest_losses() -> None:
    assert chosen(ALL, 3) == [1, 2, 3]
    assert chosen(ALL, 0) == []
    assert chosen(ALL, -2) == []
    assert chosen(ALL, 99) == [0, 1, 2, 3, 4]


def test_hardest_are_eligible() -> None:
    assert chosen(torch.tensor([[True, False, True, False, True]]), 2) == [2, 4]
    assert chosen(~ALL, 2) == []


def test_hardest_of_equal_losses_are_the_first() -> None:
    equal = hardest(torch.zeros(1, 5), ALL, torch.tensor([2]))
    assert equal.tolist() == [[True, True, False, False, False]]


def test_hardest_after_suppression_do_not_overlap() -> None:
    assert chosen(ALL, 2, Suppression(BOXES, 0.5, -1)) == [1, 4], "a box without area is left out"
    assert chosen(ALL, 9, Suppression(BOXES, 0.85, -1)) == [0, 1, 3, 4]
    assert chosen(ALL, 9, Suppression(BOXES, 0.5, 4)) == [1, 4]
    assert chosen(ALL, 9, Suppression(BOXES, 0.5, 0)) == []


def test_hardest_numbers_differ_by_image() -> None:
    both = hardest(LOSS.repeat(2, 1), ALL.repeat(2, 1), torch.tensor([1, 4]))
    assert both.sum(1).tolist() == [1, 4]
