"""The result of a migration."""

from __future__ import annotations

from pathlib import Path

from layerzoo.migration.formats import Outcome
from layerzoo.migration.result import Migration


def test_complete_means_that_every_format_was_written() -> None:
    made = Migration(Path("a"), None, "a", outcomes=[Outcome("onnx", ("a.onnx",), 0.0)])
    assert made.complete
    made.outcomes.append(Outcome("python", why="no"))
    assert not made.complete
