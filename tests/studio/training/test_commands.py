"""Commands that a page waits for."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.training import commands
from layerzoo.studio.training.commands import check, layerzoo


def test_layerzoo_returns_what_it_printed(tmp_path: Path) -> None:
    assert layerzoo(tmp_path, ["--version"]).strip()


def test_a_mistake_is_told_in_the_commands_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        layerzoo(tmp_path, ["trian"])
    assert "did you mean 'train'" in str(caught.value)
    assert not str(caught.value).startswith("error: ")


def test_a_check_that_answers_nothing_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], 1, "", "out of memory\n")
    monkeypatch.setattr(commands.subprocess, "run", lambda *args, **options: done)
    with pytest.raises(UsageError, match="out of memory"):
        check(tmp_path, tmp_path / "solver.yaml", [])


def test_a_command_has_a_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*args: Any, **options: Any) -> None:
        raise subprocess.TimeoutExpired("x", options["timeout"])

    monkeypatch.setattr(commands.subprocess, "run", late)
    with pytest.raises(UsageError, match="no answer within 280 seconds"):
        layerzoo(tmp_path, ["check"])


def test_files_of_the_folder_are_not_imported(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('imported')")
    assert layerzoo(tmp_path, ["--version"])
