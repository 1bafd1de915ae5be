"""``layerzoo data show``."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from layerzoo.cli.main import main
from tests.data_report.photos import net_text, photos


def test_sheet_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net, sheet = tmp_path / "net.yaml", tmp_path / "sheet.png"
    net.write_text(net_text(photos(tmp_path / "photos")))
    arguments = ["data", "show", str(net), "-out", str(sheet), "-rows", "2", "-columns", "3", "-side", "64"]
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{sheet}: FolderData {tmp_path / 'photos'}, TRAIN, 2 samples\n"
    with Image.open(sheet) as picture:
        assert picture.format == "PNG"
        assert picture.height > 2 * 64
    assert main([*arguments, "-phase", "TEST"]) == 0


def test_table_is_printed_without_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("a,kind\n1,x\n3,y\n5,x\n")
    net = tmp_path / "net.prototxt"
    net.write_text(
        f'layer {{ name: "d" type: "CSVData" top: "data" top: "label" '
        f'csv_data_param {{ source: "{tmp_path / "t.csv"}" label: "kind" batch_size: 2 }} }}'
    )
    assert main(["data", "show", str(net)]) == 0
    assert "3 samples" in capsys.readouterr().out
    assert not (tmp_path / "sheet.png").exists()


def test_transform_takes_the_place_of_the_own_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = photos(tmp_path / "photos"), tmp_path / "sheet.png"
    flags = ["-out", str(out), "-rows", "1", "-columns", "1"]
    assert main(["data", "show", str(folder), "-transform", "crop_size: 8", *flags]) == 0
    assert out.is_file()
    capsys.readouterr()
    assert main(["data", "show", str(folder), "-transform", "crop: 8", *flags]) == 2
    assert "did you mean 'crop_" in capsys.readouterr().err
