"""Samples in tar archives."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data.tar_shards import TarSamples, find_shards, index_shard
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.errors import DataError
from tests.data.test_cifar import archive


def image(grey: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((2, 3), grey, np.uint8)).save(file, "PNG")
    return file.getvalue()


def shard(path: Path, **greys: int) -> Path:
    members = {}
    for label, (name, grey) in enumerate(greys.items()):
        members |= {f"d/{name}.png": image(grey), f"d/{name}.cls": b"%d\n" % label, f"d/{name}.json": b"{}"}
    return archive(path, members, "w")


def test_images_are_found_with_their_labels(tmp_path: Path) -> None:
    found = index_shard(shard(tmp_path / "a.tar", x=10, y=20), "cls")
    assert [(one.key, one.label) for one in found] == [("d/x", 0), ("d/y", 1)]
    assert (tmp_path / "a.tar").read_bytes()[found[1].start :][: found[1].size] == image(20)


def test_samples_are_read_in_any_order(tmp_path: Path) -> None:
    both = [
        *index_shard(shard(tmp_path / "a.tar", x=10, y=20), "cls"),
        *index_shard(shard(tmp_path / "b.tar", z=30), "cls"),
    ]
    samples = TarSamples(both, Pipeline(Decode(False)))
    images, labels = samples.read(np.array([2, 0, 1]), np.arange(3), 0)
    assert images[:, 0, 0, 0].tolist() == [30, 10, 20]
    assert labels.tolist() == [0, 0, 1]
    assert (len(samples), samples.key_of(2), samples.labels().tolist()) == (3, "b.tar/d/z", [0, 1, 0])
    assert samples.name(0) == f"d/x in {tmp_path / 'a.tar'}"
    (tmp_path / "b.tar").unlink()
    with pytest.raises(DataError, match=r"d/z in .*b.tar: No such file"):
        samples.read(np.array([2]), np.arange(1), 0)


def test_shards_of_folders_ranges_and_patterns(tmp_path: Path) -> None:
    for name in ("s-01.tar", "s-02.tar", "t.tar", "x.txt"):
        (tmp_path / name).touch()
    assert [one.name for one in find_shards(str(tmp_path))] == ["s-01.tar", "s-02.tar", "t.tar"]
    assert [one.name for one in find_shards(f"{tmp_path}/s-{{01..02}}.tar")] == ["s-01.tar", "s-02.tar"]
    assert [one.name for one in find_shards(f"{tmp_path}/s-*.tar")] == ["s-01.tar", "s-02.tar"]
    assert find_shards("one.tar") == [Path("one.tar")]
    with pytest.raises(DataError, match="no archives"):
        find_shards(f"{tmp_path}/q-*.tar")
    with pytest.raises(DataError, match="archives 5 to 1; expected 1 to"):
        find_shards("s-{5..1}.tar")
    with pytest.raises(DataError, match="archives 0 to 999999999"):
        find_shards("s-{0..999999999}.tar")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a.png": b"x"}, "image 'a' has no label 'a.cls'"),
        ({"a.png": b"x", "a.cls": b"one"}, "member 'a.cls' is 'one'; expected a whole number"),
        ({"a.png": b"x", "a.cls": b"9" * 30}, "expected a whole number"),
    ],
)
def test_samples_without_a_label_are_refused(tmp_path: Path, members: dict[str, bytes], message: str) -> None:
    with pytest.raises(DataError, match=message):
        index_shard(archive(tmp_path / "a.tar", members, "w"), "cls")


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    whole = shard(tmp_path / "a.tar", x=10).read_bytes()
    (tmp_path / "a.tar").write_bytes(b"no archive" * 100)
    with pytest.raises(DataError, match=r"a.tar: not a readable tar archive"):
        index_shard(tmp_path / "a.tar", "cls")
    (tmp_path / "a.tar").write_bytes(whole[:530])
    with pytest.raises(DataError, match=r"a.tar: (member|not a readable)"):
        index_shard(tmp_path / "a.tar", "cls")
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "a.tar", "x")
    with pytest.raises(DataError, match="compressed ones are not read"):
        index_shard(tmp_path / "b.tar.gz", "cls")


def test_links_are_no_images(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        info = tarfile.TarInfo("../../a.png")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    assert index_shard(tmp_path / "a.tar", "cls") == []
