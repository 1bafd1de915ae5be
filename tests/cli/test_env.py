"""``layerzoo env``."""

from __future__ import annotations

import platform

import pytest
import torch

from layerzoo import __version__
from layerzoo.cli.main import main


def test_it_says_what_a_bug_report_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", "/somewhere")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["env"]) == 0
    said = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert said["layerzoo"] == __version__
    assert said["python"].startswith(platform.python_version())
    assert said["torch"] == torch.__version__
    assert said["LAYERZOO_HOME"] == "/somewhere"
    assert "NO_COLOR" not in said
    assert "not installed" not in said.values()
