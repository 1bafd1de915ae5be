"""Files of the page Look."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.looking import pictures as module
from layerzoo.studio.looking.pictures import DAY_S, Pictures
from layerzoo.studio.routing import NotFoundError


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    """Pictures of an empty folder."""
    return Pictures(tmp_path / "look")


def test_upload_is_kept_under_a_name_of_the_studios_own(pictures: Pictures, tmp_path: Path) -> None:
    kept = pictures.add(b"data", "../../evil.PNG")
    path = pictures.uploaded(kept.source)
    assert path.parent == tmp_path / "look" / "uploads"
    assert path.suffix == ".png"
    assert path.read_bytes() == b"data"
    assert not path.stat().st_mode & 0o111, "an upload is never executable"
    pictures.remove(kept.source)
    with pytest.raises(NotFoundError):
        pictures.uploaded(kept.source)


@pytest.mark.parametrize("source", ["upload:../x", "upload:", "upload:*", f"upload:{'0' * 24}", "upload:a/b"])
def test_upload_that_is_none(pictures: Pictures, source: str) -> None:
    with pytest.raises(NotFoundError, match="kept for a day"):
        pictures.uploaded(source)


def test_upload_is_bounded(pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 3)
    with pytest.raises(UsageError, match="at most 3"):
        pictures.add(b"four", "a.png")
    with pytest.raises(UsageError, match="empty"):
        pictures.add(b"", "a.png")


def test_results_are_files_of_known_kinds_in_their_folder(pictures: Pictures, tmp_path: Path) -> None:
    number, folder = pictures.results()
    (folder / "gradcam").mkdir()
    for name in ("a.png", "gradcam/b.png", "x.sh", ".hidden.png"):
        (folder / name).write_bytes(b"x")
    (tmp_path / "look" / "secret.json").write_text("{}")
    assert pictures.result(number, "a.png") == folder / "a.png"
    assert pictures.result(number, "gradcam/b.png").is_file()
    for name in ("x.sh", ".hidden.png", "../a.png", "../../secret.json", "gradcam/../a.png", "c.png", ""):
        with pytest.raises(NotFoundError):
            pictures.result(number, name)
    with pytest.raises(NotFoundError):
        pictures.result("..", "a.png")


def test_sweep_deletes_what_is_older_than_a_day(pictures: Pictures) -> None:
    old, new = pictures.add(b"old", "a.png"), pictures.add(b"new", "b.png")
    _, folder = pictures.results()
    (folder / "a.png").write_bytes(b"x")
    before = time.time() - DAY_S - 60
    for path in (pictures.uploaded(old.source), folder):
        os.utime(path, (before, before))
    pictures.sweep(time.time())
    assert pictures.uploaded(new.source).is_file()
    assert not folder.exists()
    with pytest.raises(NotFoundError):
        pictures.uploaded(old.source)


def test_sweep_keeps_the_newest_within_the_limit(pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [pictures.add(b"x" * 10, "a.png") for _ in range(3)]
    for age, one in enumerate(kept):
        moment = time.time() - age
        os.utime(pictures.uploaded(one.source), (moment, moment))
    monkeypatch.setattr(module, "MAX_KEPT_BYTES", 20)
    pictures.sweep(time.time())
    assert [pictures.uploaded(one.source).is_file() for one in kept[:2]] == [True, True]
    with pytest.raises(NotFoundError):
        pictures.uploaded(kept[2].source)
