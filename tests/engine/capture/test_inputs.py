"""Batches at fixed addresses."""

from __future__ import annotations

import torch

from layerzoo.engine.capture.inputs import StaticInputs
from layerzoo.net import Feed


def feed(value: float, count: int = 2) -> Feed:
    return Feed({0: torch.full((count, 3), value), 4: torch.full((count,), value + 0.5)})


def test_buffers_hold_the_batches_of_passes() -> None:
    inputs = StaticInputs(feed(0.0), 2)
    inputs.fill(0, [feed(1.0), feed(2.0)])
    inputs.fill(1, [feed(3.0)])
    read = [inputs.read(torch.tensor([slot]), place) for slot, place in ((0, 0), (0, 1), (1, 0))]
    assert [blobs[0].unique().tolist() for blobs in read] == [[1], [2], [3]]
    assert read[1][4].tolist() == [2.5, 2.5]
    assert read[0][0].shape == (2, 3)


def test_batches_of_other_shapes_and_types_do_not_fit() -> None:
    inputs = StaticInputs(feed(0.0), 2)
    assert inputs.fit([feed(1.0), feed(2.0)])
    assert not inputs.fit([feed(1.0), feed(2.0, count=1)])
    assert not inputs.fit([Feed({0: torch.zeros(2, 3)})])
    assert not inputs.fit([Feed({0: torch.zeros(2, 3), 4: torch.zeros(2, dtype=torch.int64)})])
