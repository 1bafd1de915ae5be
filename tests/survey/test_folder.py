"""Finding the config files of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.survey import config_files


def test_config_files_are_recognised_by_suffix_and_content(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.prototxt", "deep/a.pt", "deep/er/c.yaml", "deep/d.yml", "readme.md", "x.caffemodel"):
        (tmp_path / name).write_text("x")
    (tmp_path / "net.txt").write_text('layer {\n  name: "x"\n}')
    (tmp_path / "notes.txt").write_text("some words")
    paths = [str(p.relative_to(tmp_path)) for p in config_files(tmp_path)]
    assert paths == ["b.prototxt", "deep/a.pt", "deep/d.yml", "deep/er/c.yaml", "net.txt"]


def test_missing_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a directory"):
        config_files(tmp_path / "none")
