"""A working folder of its own for each test of a field."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary working folder, where runs and snapshots are written."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
