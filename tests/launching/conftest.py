"""What the tests of launches share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from layerzoo.launching import guest, pulse
from tests.launching.launches import write_configs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a net and its solver."""
    write_configs(tmp_path)
    return tmp_path


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test has opened."""
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is lost is missed sooner."""
    monkeypatch.setattr(pulse, "SILENT", 2.0)
    monkeypatch.setattr(guest, "_PLACE_TIME", 2.0)
