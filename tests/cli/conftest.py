"""Fixtures of tests of the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layerzoo import user_code
from layerzoo.layer import LAYERS
from tests.cli.own_layers import NET, SOLVER


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Write the user's module; effects of importing it are undone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(user_code, "_known", set())
    monkeypatch.setattr(user_code, "_layers", {})
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)

    def write(text: str) -> None:
        (tmp_path / "own_for_test.py").write_text(text)

    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] == "own_for_test"]:
        del sys.modules[name]
    LAYERS._known.pop("OwnForTest", None)
