"""Archives of strangers."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from layerzoo.errors import DataError, UsageError
from layerzoo.tools.unpack import Limits, is_archive, unpack


def tar_of(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]  # modes of texts
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o777
            tar.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.txz", "w:xz")])
def test_files_have_no_right_to_run(tmp_path: Path, name: str, mode: str) -> None:
    done = unpack(tar_of(tmp_path / name, {"cat/1.png": b"abc", "dog/2.png": b""}, mode), tmp_path / "out")
    assert (done.files, done.bytes) == (2, 3)
    file = tmp_path / "out" / "cat" / "1.png"
    assert file.read_bytes() == b"abc"
    assert not file.stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "C:\\x", "..\\x"])
def test_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    archive = tar_of(tmp_path / "a.tar", {"ok/1.png": b"", name: b"bad"})
    with pytest.raises(DataError, match="leads out of the folder"):
        unpack(archive, tmp_path / "in" / "out")
    assert list((tmp_path / "in").iterdir()) == []
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(zipfile.ZipInfo(name), b"bad")
    with pytest.raises(DataError, match="leads out of the folder"):
        unpack(tmp_path / "a.zip", tmp_path / "in" / "out")


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        link = tarfile.TarInfo("out")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
        pipe = tarfile.TarInfo("pipe")
        pipe.type = tarfile.FIFOTYPE
        tar.addfile(pipe)
        through = tarfile.TarInfo("out/x")
        through.size = 1
        tar.addfile(through, io.BytesIO(b"x"))
    done = unpack(tmp_path / "a.tar", tmp_path / "out")
    assert done.left_out == {"links": 1, "special files": 1}
    assert (tmp_path / "out" / "out" / "x").read_bytes() == b"x"
    assert not (tmp_path / "out" / "out").is_symlink()
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as file:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(info, "/etc/passwd")
        file.writestr("a/1.png", b"")
    assert unpack(tmp_path / "b.zip", tmp_path / "b").left_out == {"links": 1}


def test_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.png", bytes(5_000_000))
    with pytest.raises(DataError, match="more than 1,000,000 bytes, the limit"):
        unpack(tmp_path / "a.zip", tmp_path / "out", Limits(bytes=1_000_000))
    assert not (tmp_path / "out").exists()


def test_depth_is_bounded(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar", {"a/" * 40 + "1.png": b""})
    with pytest.raises(DataError, match="more than 32 folders inside each other"):
        unpack(archive, tmp_path / "out")


def test_single_outer_folder_is_dropped(tmp_path: Path) -> None:
    unpack(tar_of(tmp_path / "a.tar", {"pets/cat/1.png": b"", "pets/dog/2.png": b""}), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["cat", "dog"]


def test_folder_of_one_class_stays(tmp_path: Path) -> None:
    unpack(tar_of(tmp_path / "a.tar", {"cat/1.png": b""}), tmp_path / "out")
    assert (tmp_path / "out" / "cat" / "1.png").exists()


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz"])
def test_damaged_archive_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not an archive" * 100)
    with pytest.raises(DataError, match="not an archive"):
        unpack(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_existing_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="already exists"):
        unpack(tmp_path / "a.zip", tmp_path)


def test_suffix_tells_archives() -> None:
    assert is_archive("Pets.TAR.GZ")
    assert not is_archive("pets.csv")
