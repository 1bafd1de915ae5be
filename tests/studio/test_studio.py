"""The parts of a studio."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.settings import Settings
from layerzoo.studio.studio import Studio


def test_each_port_has_a_cookie_of_its_own(studio: Studio) -> None:
    assert studio.cookie == "layerzoo_studio_8765"


def test_settings_that_can_not_be_used_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        Studio.make(Settings(roots=(tmp_path / "missing",), folder=tmp_path), 1)
    with pytest.raises(OSError, match="No such file"):
        Studio.make(Settings(roots=(tmp_path,), folder=tmp_path, auth=tmp_path / "missing"), 1)
