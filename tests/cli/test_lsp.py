"""``layerzoo lsp``; tests/editor/test_server.py tests the server itself."""

from __future__ import annotations

import builtins
import subprocess
import sys
from typing import Any

import pytest

from layerzoo.cli.main import main


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    original = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "pygls":
            raise ImportError(name)
        return original(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["lsp"]) == 1
    assert "pip install 'layerzoo[editor]'" in capsys.readouterr().err


def test_server_ends_with_its_input() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "layerzoo", "lsp"], input=b"", capture_output=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (0, b"")
