"""What the tests of launches share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.launching.launches import NET, SOLVER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a net and its solver."""
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "solver.yaml").write_text(SOLVER)
    return tmp_path
