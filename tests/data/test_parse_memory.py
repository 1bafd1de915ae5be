"""Memory that parsed texts take, and files that need more than there is."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from layerzoo.data import parse_memory
from layerzoo.data.coco import read_coco
from layerzoo.data.csv_file import read_csv
from layerzoo.data.parse_memory import json_memory, table_memory
from layerzoo.errors import DataError

COUNT = 20_000


def peak(function: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        kept = function()
        assert kept
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "entry",
    [
        "{}",
        "[]",
        '{"a":{}}',
        '{"id":1234567,"bbox":[1.5,2.5,3.5,4.5],"image_id":7654321,"category_id":3}',
        '"abc"',
        "1.5",
        "[[[[[[1]]]]]]",
        '{"file_name":"a name of a file.jpg"}',
    ],
)
def test_json_takes_no_more_than_is_estimated(entry: str) -> None:
    text = f"[{','.join([entry] * COUNT)}]".encode()
    assert peak(lambda: json.loads(text)) < json_memory(text)


@pytest.mark.parametrize("row", ["ab,cd,ef", "1,2", ",,,", "abc", "a longer text,1.25"])
def test_table_takes_no_more_than_is_estimated(row: str, tmp_path: Path) -> None:
    text = f"{row}\n" * COUNT
    (tmp_path / "t.csv").write_text(text)
    assert peak(lambda: read_csv(tmp_path / "t.csv", ",", header=False)) < table_memory(text, ",") + 2 * len(
        text
    )


def test_file_that_needs_more_memory_than_there_is_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parse_memory, "available_memory", lambda device: 1 << 20)
    (tmp_path / "t.csv").write_text("ab,cd\n" * COUNT)
    with pytest.raises(
        DataError, match=r"t\.csv: reading it needs about 0\.0 GiB of memory; 0\.0 GiB are free"
    ):
        read_csv(tmp_path / "t.csv")
    content = {"images": [{}] * COUNT, "annotations": [], "categories": []}
    (tmp_path / "c.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"c\.json: reading it needs .* divide it into several files"):
        read_coco(tmp_path / "c.json")
