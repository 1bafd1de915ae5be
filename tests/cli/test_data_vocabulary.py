"""``layerzoo data vocabulary``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.data.vocabulary import read_vocabulary


def test_a_vocabulary_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.txt").write_text("a low lower lowest bar " * 9)
    words = ["data", "vocabulary", str(tmp_path / "t.txt"), "-out", str(tmp_path / "v.json")]
    assert main([*words, "-size", "265"]) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'v.json'}: 265 tokens\n"
    assert read_vocabulary(tmp_path / "v.json").units == "BPE"
    assert main([*words, "-units", "words", "-size", "4"]) == 0
    assert read_vocabulary(tmp_path / "v.json").tokens == ["<pad>", "<unknown>", "a", "bar"]


def test_labelled_lines_give_their_texts(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("label,text\nup,good day\ndown,bad day\n")
    words = ["data", "vocabulary", str(tmp_path / "t.csv"), "-out", str(tmp_path / "v.json")]
    assert main([*words, "-units", "words", "-lines"]) == 0
    assert read_vocabulary(tmp_path / "v.json").tokens[2:] == ["bad", "day", "good"]


def test_a_missing_text_is_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "vocabulary", str(tmp_path / "t.txt"), "-out", "v.json"]) == 4
    assert "t.txt' can't be opened: No such file" in capsys.readouterr().err
