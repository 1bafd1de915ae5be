"""Each lesson of ``configs/courses`` trains on a GPU as `layerzoo train` does, and begins as on the CPU."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import pytest

from layerzoo.engine.labels import check_labels
from tests.courses.lessons import lesson_names, make_solver
from tests.gpu import on_a_gpu


@on_a_gpu
@pytest.mark.parametrize("name", lesson_names())
def test_lesson_trains(name: str, tmp_path: Path) -> None:
    changes = ["max_iter=4", "display=1"]
    on_gpu, on_cpu = (
        make_solver(name, changes, tmp_path / device, device=device) for device in ("cuda", "cpu")
    )
    assert on_gpu.net.device.type == "cuda"
    on_gpu.step(1)
    on_cpu.step(1)
    assert on_gpu.loss == pytest.approx(on_cpu.loss, rel=1e-3, abs=1e-4)
    assert on_gpu.solve() == 0
    check_labels(on_gpu.net)
    for scores in on_gpu.test():
        assert all(isfinite(value) for values in scores.values.values() for value in values)
