"""``layerzoo convert_imageset``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.data.datum import parse_datums
from layerzoo.data.lmdb_records import LMDBRecords


@pytest.mark.parametrize("dashes", ["-", "--"])
def test_flags_are_caffes(
    dashes: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = data / "conformance" / "images"
    flags = ["resize_height=20", "resize_width=30", "gray", "shuffle=false", "backend=lmdb", "nocheck_size"]
    words = [f"{images}/", str(images / "list.txt"), str(tmp_path / "db")]
    assert main(["convert_imageset", *(dashes + flag for flag in flags), *words]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"wrote {tmp_path / 'db'}: 3 images\n"
    assert "A total of 3 images." in captured.err
    packed, labels = parse_datums(LMDBRecords(tmp_path / "db").read([0, 1, 2]), None, str)
    assert [image.shape for image in packed] == [(1, 20, 30)] * 3
    assert labels.tolist() == [0, 1, 2]


def test_usage_errors(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = data / "conformance" / "images"
    words = [f"{images}/", str(images / "list.txt"), str(tmp_path)]
    assert main(["convert_imageset", *words]) == 4
    assert "already exists; remove it" in capsys.readouterr().err
    assert main(["convert_imageset", *words, "-backend", "sqlite"]) == 2
    assert "unknown database backend 'sqlite'" in capsys.readouterr().err
    assert main(["convert_imageset", *words[:2]]) == 2
    assert "DB_NAME" in capsys.readouterr().err
