"""``layerzoo diff``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.errors import WeightsError


def test_diff_of_equal_configs_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "configs/lenet_train_test.yaml", "configs/lenet_train_test.prototxt"]) == 0
    assert capsys.readouterr().out == ""


def test_diff_of_solvers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "configs/lenet_solver.yaml", "configs/lenet_adam_solver.yaml"]) == 1
    out = capsys.readouterr().out
    assert 'type: "SGD" (default) → "Adam"\n' in out
    assert "\x1b" not in out


def test_diff_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "-json", "configs/lenet_solver.yaml", "configs/lenet_adam_solver.yaml"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert {"kind": "changed", "path": "base_lr", "old": "0.01", "new": "0.001"} in result["changes"]


def test_diff_of_faulty_configs_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.prototxt").write_text("layer { nam: 1 }")
    assert main(["diff", str(tmp_path / "a.prototxt"), "configs/lenet_train_test.yaml"]) == 2
    assert "unknown field 'nam'" in capsys.readouterr().err

    def damaged(*args: object, **options: object) -> None:
        raise WeightsError("damaged")

    monkeypatch.setattr("layerzoo.comparison.compare", damaged)
    assert main(["diff", "a", "b"]) == 2
    assert "damaged" in capsys.readouterr().err
