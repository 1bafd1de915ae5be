"""How a studio is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.studio.settings import Settings


def test_by_default_only_this_machine_reaches_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    settings = Settings()
    assert settings.host == "127.0.0.1"
    assert settings.folder == tmp_path / "studio"
