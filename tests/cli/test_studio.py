"""``layerzoo studio``; `tests/studio/test_serve.py` starts it."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import click
import pytest

from layerzoo.cli.main import main
from layerzoo.studio.security import Accounts


def test_hash_prints_a_line_of_an_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(click, "prompt", lambda *args, **options: "secret")
    assert main(["studio", "-hash", "ann:run"]) == 0
    (tmp_path / "accounts").write_text(capsys.readouterr().out)
    user = Accounts.load(tmp_path / "accounts").user("ann", "secret")
    assert user is not None
    assert user.role == "run"


@pytest.mark.parametrize("account", ["ann", "ann:king", ":run"])
def test_hash_names_the_roles(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["studio", "-hash", account]) == 2
    assert "expected NAME:ROLE, with a role of view, run, admin" in capsys.readouterr().err


def test_a_missing_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["studio", "-port", "0", "-root", str(tmp_path / "missing")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    original = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name == "uvicorn":
            raise ImportError(name)
        return original(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["studio"]) == 1
    assert "pip install 'layerzoo[studio]'" in capsys.readouterr().err
