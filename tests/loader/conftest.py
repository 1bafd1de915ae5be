"""A working folder with a solver and its net."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loader.configs import NET, SOLVER


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a test, with ``solver.prototxt`` and ``net.prototxt``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path
