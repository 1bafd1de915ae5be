"""Records of image files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.errors import DataError
from layerzoo.tools.data_import import ImportSettings, import_data
from layerzoo.tools.import_formats.records import by_suffix, image_item, pixel_datum, stamp, whole_label
from tests.tools.imported import drawn, read


def test_images_are_resized_and_grey(tmp_path: Path) -> None:
    settings = ImportSettings(height=2, width=3, gray=True)
    import_data(drawn(tmp_path / "photos"), tmp_path / "db", settings)
    assert read(tmp_path / "db", 3)[0][1].tolist() == [[[20] * 3] * 2]


def test_a_label_too_large_for_a_datum_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("photos/b/3.png 3e9\n")
    drawn(tmp_path / "photos")
    with pytest.raises(DataError, match=r"3.png: label 3e\+09; a Datum holds whole numbers"):
        import_data(tmp_path / "list.txt", tmp_path / "m", ImportSettings())


def test_whole_label() -> None:
    assert (whole_label(7.0, "x"), whole_label(-1.0, "x")) == (7, -1)
    for label in (7.5, float("nan"), float("inf"), 2.0**31):
        with pytest.raises(DataError, match=r"x: label .*; a Datum holds whole numbers below 2,147,483,648"):
            whole_label(label, "x")


def test_pixel_datum_holds_bytes_or_numbers() -> None:
    datum = pixel_datum(np.arange(6, dtype=np.uint8).reshape(1, 2, 3)[:, :, ::-1], 4)
    assert (datum.channels, datum.height, datum.width, datum.label) == (1, 2, 3, 4)
    assert (datum.data, list(datum.float_data)) == (bytes([2, 1, 0, 5, 4, 3]), [])
    datum = pixel_datum(np.full((1, 1, 2), 0.5, np.float32), 0)
    assert (datum.data, list(datum.float_data)) == (b"", [0.5, 0.5])


def test_origin_of_an_image_changes_with_its_label_and_its_file(tmp_path: Path) -> None:
    path = drawn(tmp_path) / "a" / "1.png"
    item = image_item(path, "a/1", 3, ImportSettings())
    assert item.origin == image_item(path, "a/1", 3, ImportSettings()).origin
    assert item.origin != image_item(path, "a/1", 4, ImportSettings()).origin
    path.write_bytes(path.read_bytes() + b"x")
    assert item.origin != image_item(path, "a/1", 3, ImportSettings()).origin
    with pytest.raises(FileNotFoundError):
        stamp(tmp_path / "none")


def test_by_suffix_is_of_files_alone(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "LIST.TXT").touch()
    recognises = by_suffix(".txt", ".lst")
    assert [recognises(tmp_path / name) for name in ("LIST.TXT", "folder.txt")] == [True, False]
    assert not recognises(tmp_path / "list.csv")
