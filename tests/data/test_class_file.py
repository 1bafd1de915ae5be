"""Files of the names of classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data import class_file
from layerzoo.data.class_file import names_beside, read_class_file, write_class_file
from layerzoo.errors import DataError


def test_read_class_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.txt"
    path.write_text("background\ncell wall\n\n")
    assert read_class_file(path) == ["background", "cell wall"]
    for content in (b"\x00\x01", b"", b"\n\n"):
        path.write_bytes(content)
        with pytest.raises(DataError, match="expected a name of a class in each line"):
            read_class_file(path)
    monkeypatch.setattr(class_file, "MAX_CLASSES", 2)
    path.write_text("a\nb\nc\n")
    with pytest.raises(DataError, match="more than 2 lines"):
        read_class_file(path)


def test_write_class_file_writes_a_line_for_each_name(tmp_path: Path) -> None:
    write_class_file(tmp_path / "classes.txt", ["cat", " two\nwords ", "bell\x07", ""])
    assert (tmp_path / "classes.txt").read_text() == "cat\ntwo words\nbell?\n?\n"
    assert names_beside(tmp_path) == ["cat", "two words", "bell?", "?"]


def test_names_beside_data_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names_beside(tmp_path) is None
    assert names_beside(tmp_path / "none") is None
    monkeypatch.chdir(tmp_path)
    (tmp_path / "classes.txt").write_text("not of the empty path\n")
    assert names_beside("") is None
    (tmp_path / "classes.txt").unlink()
    (tmp_path / "data.mdb").touch()
    assert names_beside(tmp_path / "data.mdb") is None
    (tmp_path / "classes.txt").mkdir()
    with pytest.raises(DataError, match=r"classes\.txt"):
        names_beside(tmp_path)
