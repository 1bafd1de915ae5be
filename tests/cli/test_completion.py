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


BASH = [
    (
        "layerzoo train -solver configs/lenet_sol",
        ["configs/lenet_solver.prototxt", "configs/lenet_solver.yaml"],
    ),
    ("layerzoo explain ConvolutionPa", ["ConvolutionParameter"]),
    ("layerzoo zoo info lenet-d", ["lenet-digits"]),
    (
        "layerzoo summary -model configs/lenet_train_test.yaml -set layer[conv",
        ["layer[conv1]", "layer[conv2]"],
    ),
    ("layerzoo completion z", ["zsh"]),
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_configs_names_and_paths(tmp_path: Path) -> None:
    program = tmp_path / "layerzoo"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m layerzoo "$@"\n')
    program.chmod(0o755)
    lines = ['eval "$(layerzoo completion bash)"', "compopt() { :; }"]
    for line, _ in BASH:
        words = line.split()
        quoted = " ".join(f"'{word}'" for word in words)
        lines += [f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=()"]
        lines += ["_layerzoo_completion layerzoo", 'echo "${COMPREPLY[@]}"']
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(lines)],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split() for line in done.stdout.splitlines()] == [expected for _, expected in BASH]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_script_is_accepted_by_its_shell(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    assert main(["completion", shell]) == 0
    subprocess.run([shell, "-n"], input=capfd.readouterr().out, text=True, check=True)


def test_bash_puts_no_space_behind_a_path_that_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    assert "compopt -o nospace" in capfd.readouterr().out
