"""Recognisers of data."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import DataError
from layerzoo.projects.asked import Asked
from layerzoo.projects.recogniser import recognise, recognisers


def test_all_recognisers_are_known_and_say_what_they_expect() -> None:
    names = [cls.__name__ for cls in recognisers()]
    assert {"ClassFolders", "Tables", "Texts", "HDF5Files", "Databases"} <= set(names)
    assert names[-1] == "ClassFolders", "it knows any folder with an image, so it is asked last"
    assert all(cls.expects for cls in recognisers())


def test_first_that_knows_the_data_is_taken(photos: Path) -> None:
    assert recognise(photos, Asked()).layer == "FolderData"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "no such file or folder"),
        ("empty/", "an empty folder"),
        ("a.xyz", r"a file of unknown kind \(suffix '\.xyz'\); expected one of:\n  - "),
        ("noname", "a file of unknown kind; expected"),
        ("odd/a.xyz", r"a folder that is not recognised, with a\.xyz; expected"),
    ],
)
def test_data_that_nothing_knows_are_described(tmp_path: Path, name: str, message: str) -> None:
    path = tmp_path / name
    if name.endswith("/"):
        path.mkdir()
    elif name != "missing":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\x00")
    with pytest.raises(DataError, match=message):
        recognise(path.parent if name.startswith("odd") else path, Asked())
