"""``layerzoo explain``."""

from __future__ import annotations

import pytest

from layerzoo.cli.main import main


def test_it_prints_what_a_name_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ReLU"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("ReLU: layer type (activation, BVLC)\n")
    assert "  negative_slope  float, default 0\n" in said


def test_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "Rellu"]) == 2
    assert capsys.readouterr().err.startswith("error: unknown name 'Rellu'; did you mean 'ReLU'")
