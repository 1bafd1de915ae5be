"""Downloads of single files, checked by hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.zoo.download import download


def test_download_accepts_sha1_and_sha256(tmp_path: Path) -> None:
    (tmp_path / "a b.bin").write_bytes(b"weights" * 1000)
    url = (tmp_path / "a b.bin").as_uri()
    data = (tmp_path / "a b.bin").read_bytes()
    for sha in (hashlib.sha1(data).hexdigest(), hashlib.sha256(data).hexdigest().upper()):
        assert download(url, tmp_path / "out", sha).read_bytes() == data
        (tmp_path / "out").write_bytes(data[:10])
        assert download(url, tmp_path / "out", sha).read_bytes() == data, (
            "the download resumes from the partial file"
        )
        (tmp_path / "out").unlink()


def test_wrong_local_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"weights")
    sha = hashlib.sha1(b"weights").hexdigest()
    (tmp_path / "out").write_bytes(b"other")
    assert download(str(tmp_path / "a"), tmp_path / "out", sha).read_bytes() == b"weights"


def test_wrong_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"weights")
    with pytest.raises(ZooError, match=r"sha1 [0-9a-f]{40} differs from the published 0000"):
        download(str(tmp_path / "a"), tmp_path / "out", "0" * 40)
    assert not (tmp_path / "out").exists()
    with pytest.raises(ZooError, match="No such file"):
        download(str(tmp_path / "b"), tmp_path / "out", "0" * 40)
    with pytest.raises(ZooError, match="neither a sha1 nor a sha256"):
        download(str(tmp_path / "a"), tmp_path / "out", "")
