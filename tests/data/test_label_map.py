from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.label_map import MAX_BYTES, read_label_map
from layerzoo.errors import DataError

TEXT = """
item { name: "none_of_the_above" label: 0 display_name: "background" }
item { name: "n02691156" label: 2 display_name: "airplane" }
item { name: "n02419796" label: 1 }
"""


def test_names_are_found_by_label(tmp_path: Path) -> None:
    path = tmp_path / "labelmap.prototxt"
    path.write_text(TEXT)
    assert read_label_map(path) == {0: "none_of_the_above", 2: "n02691156", 1: "n02419796"}
    assert read_label_map(path, display=True) == {0: "background", 2: "airplane", 1: "n02419796"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'item { name: "a" label: 1 } item { name: "b" label: 1 }', "class 1 stands there twice"),
        (b"item { label: x }", "not a label map: .*:1:15"),
        (b'layer { name: "a" }', "not a label map"),
        (b"item {", "not a label map"),
        (b"\xff\xfe", "isn't text in UTF-8"),
        (b"#" * (MAX_BYTES + 1), "more than"),
        (b"", "not a label map"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "labelmap.prototxt"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        read_label_map(path)


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        read_label_map(tmp_path / "missing")
