"""``layerzoo data import``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.tools.imported import drawn


def test_a_folder_becomes_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["data", "import", str(drawn(tmp_path / "photos")), str(tmp_path / "db")]
    assert main(words) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'db'}: 3 records, verified\nclasses from 0: a, b\n"
    assert main(words) == 4
    assert "already exists; remove it" in capsys.readouterr().err


def test_usage_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["data", "import", str(tmp_path), str(tmp_path / "db")]
    assert main([*words, "-kind", "zip"]) == 2
    assert "unknown kind 'zip'; expected folder, list" in capsys.readouterr().err
    assert main([*words, "-resize_width", "3"]) == 2
    assert main(words) == 4
    assert "expected a folder for each class" in capsys.readouterr().err
