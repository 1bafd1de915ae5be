"""``layerzoo env``."""

from __future__ import annotations

import platform

import pytest
import torch

from layerzoo import __version__
from layerzoo.cli.main import main


def test_versions_and_variables_are_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", "/somewhere")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["env"]) == 0
    facts = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert facts["layerzoo"] == __version__
    assert facts["python"].startswith(platform.python_version())
    assert facts["torch"] == torch.__version__
    assert facts["LAYERZOO_HOME"] == "/somewhere"
    assert "NO_COLOR" not in facts
    assert "not installed" not in facts.values()
