"""Processes that are killed at random: the weights at the end are those of an undisturbed run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kills.killing import kill_often


@pytest.mark.slow
@pytest.mark.parametrize("machines", [1, 2])
def test_killed_processes_do_not_change_the_weights(tmp_path: Path, machines: int) -> None:
    report = kill_often(tmp_path, 3, seed=1, machines=machines)
    assert report.wrong == []
    assert report.kills.total() == 3
