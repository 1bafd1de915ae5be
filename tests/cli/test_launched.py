"""One process of a launch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerzoo.cli import launched
from layerzoo.launching.folder import VARIABLE, LaunchFolder
from layerzoo.ranks import Ranks


@pytest.mark.parametrize(
    ("words", "code", "seen"),
    [(["--version"], 0, 0), (["train", "-solver", "none.yaml"], 2, 2), (["nonsense"], 2, 2)],
)
def test_process_runs_the_words_and_keeps_its_exit_code(
    tmp_path: Path, words: list[str], code: int, seen: int
) -> None:
    folder = LaunchFolder(tmp_path)
    folder.write_words(words)
    program = [sys.executable, "-m", "layerzoo.cli.launched", str(os.getpid())]
    variables = {VARIABLE: str(tmp_path), "RANK": "3", "WORLD_SIZE": "1"}
    done = subprocess.run(
        program, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == seen, done.stderr
    assert folder.code(3) == code


@pytest.mark.parametrize(("code", "seen"), [(75, 0), (130, 0), (5, 0), (1, 1), (4, 4)])
def test_process_that_stopped_in_order_has_not_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, seen: int
) -> None:
    """Otherwise the agent would end the others before they have ended by themselves."""
    LaunchFolder(tmp_path).write_words(["train"])
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setattr("layerzoo.cli.main.main", lambda words: code if words == ["train"] else 9)
    assert launched.run(os.getppid()) == seen
    assert LaunchFolder(tmp_path).code(0) == code


def test_restart_resumes_the_run_that_had_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = LaunchFolder(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert launched.restarted(Ranks()) is None
    assert launched.launched_callbacks(Ranks(), "r") == []
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    folder.write_attempt(0, "")
    assert launched.restarted(Ranks()) is None
    monkeypatch.chdir(tmp_path)
    [begun] = launched.launched_callbacks(Ranks(), "r")
    begun.started(0, tested=False)
    assert folder.has_begun(0)
    folder.write_attempt(1, "it was killed")
    assert launched.restarted(Ranks()) is None  # no snapshot yet: from the beginning
    (tmp_path / "r.run" / "iter_7").mkdir(parents=True)
    (tmp_path / "r.run" / "iter_7" / "state.json").touch()
    assert launched.restarted(Ranks()) == str(tmp_path / "r")
