"""The files that commands write."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.output_file import refuse_same_file, write_output
from layerzoo.errors import LayerzooError, UsageError


def test_text_is_written_to_another_file_only(tmp_path: Path) -> None:
    source, link, target = (str(tmp_path / name) for name in ("a.yaml", "link.yaml", "b.yaml"))
    Path(source).write_text("old")
    Path(link).symlink_to(source)
    write_output(source, target, "new")
    assert Path(target).read_text() == "new"
    for same in (source, link):
        with pytest.raises(UsageError, match="are the same file"):
            write_output(source, same, "new")
    refuse_same_file(source, target)
    assert Path(source).read_text() == "old"


def test_file_that_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LayerzooError, match="can't be written: No such file or directory"):
        write_output(str(tmp_path / "a.yaml"), str(tmp_path / "none" / "b.yaml"), "new")
