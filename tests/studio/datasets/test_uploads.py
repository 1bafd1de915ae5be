"""Uploads in pieces."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.datasets import uploads as module
from layerzoo.studio.datasets.uploads import Upload, Uploads, suffix_of
from layerzoo.studio.routing import NotFoundError


def add(uploads: Uploads, upload: Upload, offset: int, *pieces: bytes) -> Upload:
    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return asyncio.run(uploads.add(upload, offset, stream()))


def test_interrupted_upload_goes_on(tmp_path: Path) -> None:
    upload = Uploads(tmp_path).begin("pets.zip", 6, "key", "")
    add(Uploads(tmp_path), upload, 0, b"abc")
    again = Uploads(tmp_path).begin("pets.zip", 6, "key", "")  # as after a restart
    assert (again.id, again.offset) == (upload.id, 3)
    done = add(Uploads(tmp_path), again, 3, b"d", b"ef")
    assert Uploads(tmp_path).whole(done).read_bytes() == b"abcdef"


def test_other_files_begin_anew(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    ids = {
        uploads.begin(*values, "").id for values in [("a.zip", 6, "k"), ("a.zip", 7, "k"), ("a.zip", 6, "")]
    }
    assert len(ids) == 3


@pytest.mark.parametrize(("offset", "data"), [(1, b"x"), (0, b"1234567")])
def test_piece_that_does_not_fit_is_refused(tmp_path: Path, offset: int, data: bytes) -> None:
    uploads = Uploads(tmp_path)
    upload = uploads.begin("a.csv", 6, "", "")
    with pytest.raises(UsageError, match="bytes"):
        add(uploads, upload, offset, data)
    assert uploads.upload(upload.id, "").offset == 0


def test_piece_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE", 4)
    uploads = Uploads(tmp_path)
    with pytest.raises(UsageError, match="more than 4 bytes"):
        add(uploads, uploads.begin("a.csv", 100, "", ""), 0, b"12345")


def test_users_do_not_see_others(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    upload = uploads.begin("a.csv", 6, "", "ann")
    assert uploads.uploads("bob") == []
    with pytest.raises(NotFoundError):
        uploads.upload(upload.id, "bob")
    with pytest.raises(NotFoundError):
        uploads.upload("../x", "ann")


def test_unfinished_upload_is_not_moved(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "up")
    upload = uploads.begin("a.csv", 2, "", "")
    with pytest.raises(UsageError, match="0 of 2 bytes"):
        uploads.move(upload, tmp_path / "a.csv")
    uploads.move(add(uploads, upload, 0, b"xy"), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"xy"
    assert uploads.uploads("") == []


def test_old_uploads_are_forgotten(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    old = uploads.begin("a.csv", 2, "", "")
    for file in (tmp_path / old.id).iterdir():
        os.utime(file, (1, 1))
    new = uploads.begin("b.csv", 2, "", "")
    assert [one.id for one in uploads.uploads("")] == [new.id]


@pytest.mark.parametrize("file", ["a.exe", "a.py", "zip", "a.zip/", "a"])
def test_other_kinds_are_refused(file: str) -> None:
    with pytest.raises(UsageError, match="expected an archive"):
        suffix_of(file)


def test_full_disk_is_told_before(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="free"):
        Uploads(tmp_path).begin("a.zip", 1 << 60, "", "")
