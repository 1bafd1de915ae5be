"""Folders of classes, lists and tables as an LMDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.datum import read_datums
from layerzoo.data.lmdb_records import LMDBRecords
from layerzoo.errors import DataError, UsageError
from layerzoo.tools.data_import import ImportSettings, import_data
from tests.tools.imported import drawn, read


def test_a_folder_of_classes(tmp_path: Path) -> None:
    source = drawn(tmp_path / "photos")
    assert import_data(source, tmp_path / "db", ImportSettings()) == (3, ["a", "b"])
    images, labels = read(tmp_path / "db", 3)
    assert labels == [0, 1, 1]
    assert [int(image[0, 0, 0]) for image in images] == [10, 20, 30]
    values = LMDBRecords(tmp_path / "db").read([0])
    assert (source / "a" / "1.png").read_bytes() in values[0], "the file is stored as it is"


def test_a_part_of_a_divided_folder(tmp_path: Path) -> None:
    drawn(tmp_path / "photos/train")
    drawn(tmp_path / "photos/test")
    (tmp_path / "photos/test/a/1.png").unlink()
    with pytest.raises(UsageError, match="is divided into train, test; import each by itself, with -part"):
        import_data(tmp_path / "photos", tmp_path / "db", ImportSettings())
    made = import_data(tmp_path / "photos", tmp_path / "db", ImportSettings(part="test"))
    assert made == (2, ["a", "b"])
    assert read(tmp_path / "db", 2)[1] == [1, 1]


def test_a_part_of_a_folder_without_parts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"-part train: .* has no folders train, val and test; remove it"):
        import_data(drawn(tmp_path / "photos"), tmp_path / "db", ImportSettings(part="train"))


def test_a_list_and_a_table(tmp_path: Path) -> None:
    source = drawn(tmp_path / "photos")
    (tmp_path / "list.txt").write_text("b/3.png 7\na/1.png 2\n")
    assert import_data(tmp_path / "list.txt", tmp_path / "l", ImportSettings(root=str(source))) == (2, [])
    assert read(tmp_path / "l", 2)[1] == [7, 2]
    (tmp_path / "t.csv").write_text("photo,label\nb/3.png,dog\na/1.png,cat\nb/2.png,dog\n")
    imported = import_data(tmp_path / "t.csv", tmp_path / "c", ImportSettings(root=str(source)))
    assert imported == (3, ["cat", "dog"])
    assert read(tmp_path / "c", 3)[1] == [1, 0, 1]
    (tmp_path / "list.txt").write_text("b/3.png 3000000000\n")
    with pytest.raises(DataError, match=r"label 3e\+09; a Datum holds whole numbers"):
        import_data(tmp_path / "list.txt", tmp_path / "m", ImportSettings(root=str(source)))


def test_a_list_of_several_labels_or_fractions(tmp_path: Path) -> None:
    drawn(tmp_path)
    for name, lines, expected in (
        ("several", "a/1.png 1 0 0.5\nb/2.png 0 1 3\n", [[1, 0, 0.5], [0, 1, 3]]),
        ("one", "a/1.png 0.25\nb/2.png 3\n", [0.25, 3]),
    ):
        (tmp_path / f"{name}.txt").write_text(lines)
        assert import_data(tmp_path / f"{name}.txt", tmp_path / name, ImportSettings())[0] == 2
        records = LMDBRecords(tmp_path / name).read([0, 1])
        images, labels = read_datums(records, str, float_labels=True)
        assert (labels.tolist(), len(images)) == (expected, 2)
