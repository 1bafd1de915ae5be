from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.functional.recurrent_stack import Steps, run_stack
from layerzoo.schema import BACKWARD, BIDIRECTIONAL


def sums(index: int, x: Tensor, keep: Tensor | None, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """A sweep that adds up what it has seen of a sequence."""
    total, steps = states[0], []
    for t, step in enumerate(x):
        total = step + (total if keep is None else total * keep[t][:, None])
        steps.append(total)
    return torch.stack(steps), [torch.stack(steps)]


def test_backward_sums_begin_at_the_end_of_each_sequence() -> None:
    x = torch.tensor([[1.0], [2], [4]])[:, :, None]
    steps = Steps(cont=torch.tensor([[0.0], [1], [0]]))
    y, (after,) = run_stack(x, steps, [torch.zeros(1, 1, 1)], BACKWARD, sums, lambda x, layer: x)
    assert y.flatten().tolist() == [3, 2, 4]
    assert after.tolist() == [[[3]]]


def test_lengths_bound_both_directions_and_their_states() -> None:
    x = torch.tensor([[1.0, 1, 1], [2, 2, 2], [4, 4, 4]])[:, :, None]
    steps, before = Steps(lengths=torch.tensor([3.0, 2, 0])), torch.full((2, 3, 1), 8.0)
    y, (after,) = run_stack(x, steps, [before], BIDIRECTIONAL, sums, lambda x, layer: x)
    assert y[:, :, 0].T.tolist() == [[9, 11, 15], [9, 11, 0], [0, 0, 0]]
    assert y[:, :, 1].T.tolist() == [[15, 14, 12], [11, 10, 0], [0, 0, 0]]
    assert after[:, :, 0].tolist() == [[15, 11, 8], [15, 11, 8]]


def test_layers_pass_on_their_values() -> None:
    x, seen = torch.ones(2, 1, 1), []

    def between(values: Tensor, layer: int) -> Tensor:
        seen.append(layer)
        return 10 * values

    y, (after,) = run_stack(x, Steps(), [torch.zeros(3, 1, 1)], 0, sums, between)
    assert seen == [0, 1]
    assert y.flatten().tolist() == [100, 400]
    assert after.flatten().tolist() == [2, 30, 400]
