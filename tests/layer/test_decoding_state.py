from __future__ import annotations

import torch

from layerzoo.layer.decoding_state import StateCache, StepCounter


def test_count_gives_the_steps_before() -> None:
    kept = StepCounter()
    assert [kept.advance(3), kept.advance(1), kept.steps] == [0, 3, 4]
    kept.select(torch.tensor([0]))
    assert kept.steps == 4


def test_states_of_samples_are_selected_along_their_axis() -> None:
    kept = StateCache(axis=1)
    kept.states = [torch.tensor([[1, 2, 3]])]
    kept.select(torch.tensor([2, 0, 0]))
    assert kept.states[0].tolist() == [[3, 1, 1]]
