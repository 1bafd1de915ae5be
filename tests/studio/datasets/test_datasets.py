"""Data sets below the roots."""

from __future__ import annotations

from pathlib import Path

from layerzoo.studio.datasets import Datasets
from layerzoo.studio.jobs import Queue
from tests.studio.datasets.test_finding import pets


def test_list_is_kept_until_something_has_been_written(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    datasets = Datasets(tmp_path / "data", [root], Queue(tmp_path / "jobs"))
    assert datasets.found() == []
    pets(root / "pets")
    assert [one.title for one in datasets.found(float("inf"))] == ["pets"]


def test_folder_of_the_studio_is_left_out(tmp_path: Path) -> None:
    datasets = Datasets(tmp_path / "data", [tmp_path], Queue(tmp_path / "jobs"))
    pets(tmp_path / "data" / "pets")
    assert datasets.found() == []
