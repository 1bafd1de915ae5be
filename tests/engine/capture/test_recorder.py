"""Recording; CUDA graphs themselves only where there is a GPU, their double for the CPU everywhere."""

from __future__ import annotations

import pytest
import torch

from layerzoo.engine.capture.recorder import CUDARecorder, Recorder
from tests.engine.capture.tape import TapeRecorder

DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")),
]


def recorder_for(device: str) -> Recorder:
    return TapeRecorder() if device == "cpu" else CUDARecorder(torch.device(device))


@pytest.mark.parametrize("device", DEVICES)
def test_recording_runs_nothing_and_replays_at_its_addresses(device: str) -> None:
    recorder = recorder_for(device)
    x, weight = (torch.full((2,), value, device=device) for value in (3.0, 2.0))
    total, factor = torch.zeros(2, device=device), 10.0

    def step() -> None:
        made = x * weight * factor
        total.add_(made.relu())
        weight.sub_(1)

    recorder.warm_up(step)
    recorder.wait()
    assert (total.tolist(), weight.tolist()) == ([60, 60], [1, 1])
    replay = recorder.record(step)
    recorder.wait()
    assert (total.tolist(), weight.tolist()) == ([60, 60], [1, 1])
    x.fill_(1.0)
    factor = 1000.0  # a number of the host is what it was when it was recorded
    with recorder.filling(0):
        pass
    recorder.filled()
    replay()
    recorder.launched(0)
    recorder.wait()
    assert (total.tolist(), weight.tolist()) == ([70, 70], [0, 0])
