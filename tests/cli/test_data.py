"""The group ``layerzoo data``."""

from __future__ import annotations

from pathlib import Path

from layerzoo.cli import data


def test_each_file_is_a_command_of_the_group() -> None:
    files = {path.stem.removeprefix("data_") for path in Path(data.__file__).parent.glob("data_*.py")}
    assert "columns" in files
    assert set(data.command.commands) == files
