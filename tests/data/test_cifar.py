"""CIFAR's binary files, in archives."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from layerzoo.data import cifar
from layerzoo.data.cifar import read_cifar, read_members
from layerzoo.errors import DataError


def archive(path: Path, members: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_read_cifar_gives_blue_first() -> None:
    planes = np.repeat(np.array([1, 2, 3], np.uint8), 1024).tobytes()  # red, green, blue
    images, labels = read_cifar(bytes([7]) + planes + bytes([9]) + planes, 1, "f")
    assert images.shape == (2, 3, 32, 32)
    assert images[0, :, 0, 0].tolist() == [3, 2, 1]
    assert labels.tolist() == [7, 9]
    assert read_cifar(bytes([4, 8]) + planes, 2, "f")[1].tolist() == [8], "of two labels, the fine one"


def test_other_data_is_refused() -> None:
    for data in (b"", bytes(3072), bytes(3074)):
        with pytest.raises(DataError, match=r"f: .* expected records of 3,073 bytes"):
            read_cifar(data, 1, "f")


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_members_are_found_by_name(tmp_path: Path, mode: str) -> None:
    path = archive(tmp_path / "a.tar", {"x/one": b"1", "../../two": b"22", "x/three": b"333"}, mode)
    assert read_members(path, ["three", "two"]) == [b"333", b"22"]
    assert not (tmp_path.parent / "two").exists()
    with pytest.raises(DataError, match=r"a.tar: no member four"):
        read_members(path, ["four"])


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar", {"one": bytes(5000)})
    whole = path.read_bytes()
    for data in (b"no archive", whole[:60], whole[:30] + b"xx" + whole[32:], b""):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"a.tar: (not a readable tar archive|no member one)"):
            read_members(path, ["one"])


def test_an_archive_that_grows_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar, "MAX_BYTES", 1 << 20)
    path = archive(tmp_path / "bomb.tar.gz", {"zeros": bytes(1 << 22), "one": b"1"})
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match="more than 1,048,576 bytes"):
        read_members(path, ["one"])


def test_a_link_is_no_member(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        info = tarfile.TarInfo("one")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(DataError, match="no member one"):
        read_members(tmp_path / "a.tar", ["one"])


def test_gzip_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"hello"))
    with pytest.raises(DataError, match=r"a.gz: (not a readable tar archive|no member)"):
        read_members(tmp_path / "a.gz", ["one"])
