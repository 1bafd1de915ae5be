"""``layerzoo explain``."""

from __future__ import annotations

import pytest

from layerzoo.cli.main import main


def test_name_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ReLU"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ReLU: layer type (activation, BVLC)\n")
    assert "  negative_slope  float, default 0\n" in out


def test_unknown_name_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "Rellu"]) == 2
    assert capsys.readouterr().err.startswith("error: unknown name 'Rellu'; did you mean 'ReLU'")
