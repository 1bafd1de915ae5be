"""Completion in shells: the script, and what it is answered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from layerzoo.cli.completion import VARIABLE
from layerzoo.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_asks_layerzoo_for_candidates(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert f"{VARIABLE}={shell}_complete" in capfd.readouterr().out


def test_other_shells_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in capsys.readouterr().err


def test_request_is_answered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COMP_WORDS", "layerzoo summ")
    monkeypatch.setenv("COMP_CWORD", "1")
    monkeypatch.setenv(VARIABLE, "bash_complete")
    assert main([]) == 0
    assert capsys.readouterr().out == "plain,summary\n"
    monkeypatch.setenv(VARIABLE, "zsh_complete")
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("plain\nsummary\nPrint a net's layers")
    monkeypatch.setenv(VARIABLE, "cmd_complete")
    assert main([]) == 1


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(tmp_path: Path) -> None:
    program = tmp_path / "layerzoo"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m layerzoo "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(layerzoo completion bash)"; COMP_WORDS=(layerzoo summary -mod); COMP_CWORD=2; '
        '_layerzoo_completion layerzoo; echo "${COMPREPLY[@]}"'
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "-model\n"
