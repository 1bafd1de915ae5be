"""``layerzoo schema``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.cli.main import main


def test_schema_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "layerzoo.schema.json"
    assert main(["schema", "-o", str(target)]) == 0
    assert capsys.readouterr().out == f"wrote {target}\n"
    assert json.loads(target.read_text("utf-8"))["title"] == "Layerzoo config"


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    definitions = json.loads(capsys.readouterr().out)["definitions"]
    assert {"LayerParameter", "SolverParameter", "FillerParameter"} <= definitions.keys()


def test_schema_that_cannot_be_written_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", "-o", str(tmp_path / "none" / "x.json")]) == 1
    assert "can't be written: No such file or directory" in capsys.readouterr().err
