"""``layerzoo data preview``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.data_report.photos import photos


def test_each_line_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        '{"transform": "mirror: true", "rows": 1, "columns": 2}',
        "{",
        "[]",
        '{"transform": "miror: true"}',
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    assert main(["data", "preview", str(photos(tmp_path))]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers[0]["samples"][0]["variants"]) == 2
    assert answers[1]["error"].startswith("not JSON")
    assert answers[2]["error"] == "expected an object"
    assert "did you mean 'mirror'?" in answers[3]["error"]
