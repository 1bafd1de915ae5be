"""What the tests of launches share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.launching.launches import write_configs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a net and its solver."""
    write_configs(tmp_path)
    return tmp_path
