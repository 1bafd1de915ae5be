"""The numbers that two sources give to classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data_report.class_numbers import class_mismatch
from layerzoo.data_report.findings import judge
from layerzoo.data_report.quick import quick_check
from layerzoo.data_report.statistics import read_statistics
from tests.data_report.photos import photo, save, sources

NET = """
layer {{ name: "t" type: "FolderData" top: "data" top: "label" include {{ phase: TRAIN }}
  folder_data_param {{ source: "{folder}/one" batch_size: 2 }} }}
layer {{ name: "v" type: "FolderData" top: "data" top: "label" include {{ phase: TEST }}
  folder_data_param {{ source: "{folder}/two" batch_size: 2 }} }}
"""


def drawn(folder: Path, train: str, test: str) -> str:
    for number, (part, names) in enumerate((("one", train), ("two", test))):
        for place, name in enumerate(names):
            save(folder / part / name / "x.png", photo(100 * number + place))
    return NET.format(folder=folder)


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        ("ab", "ab", None),
        ("abc", "ab", None),
        ("abc", "ac", "1 is 'c' in TEST, 'b' in TRAIN"),
        ("ab", "abd", "'d' of TEST is no class of TRAIN"),
    ],
)
def test_class_mismatch(tmp_path: Path, train: str, test: str, expected: str | None) -> None:
    both = sources(drawn(tmp_path, train, test))
    text = expected and f"'v' (TEST) and 't' (TRAIN) number classes differently: {expected}"
    assert class_mismatch(*both) == text
    assert ([line for line in quick_check(both) if "differently" in line] == []) is (text is None)
    titles = [one.title for one in judge([read_statistics(one) for one in both]) if one.level == "fail"]
    assert titles == ([] if text is None else [text])
