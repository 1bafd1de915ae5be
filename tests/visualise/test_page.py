"""The page of figures."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from layerzoo.errors import LayerzooError, UsageError
from layerzoo.visualise import Figure, write_figures

DOT = Image.new("RGB", (2, 2), "red")


def test_page_holds_all_pictures_and_loads_nothing(tmp_path: Path) -> None:
    figures = [Figure("Filters", "f", "first", DOT), Figure("Filters", "g", "second", DOT)]
    made = write_figures(figures, tmp_path / "out", "net")
    assert [path.name for path in made] == ["f.png", "g.png", "index.html"]
    page = made[-1].read_text()
    images = re.findall(r"src='data:image/png;base64,([^']+)'", page)
    assert [b64decode(data) for data in images] == [path.read_bytes() for path in made[:2]]
    assert page.count("<h2>") == 1
    assert not re.search(r"https?:|<script|<link", page)
    with Image.open(made[0]) as picture:
        assert picture.getpixel((0, 0)) == (255, 0, 0)


def test_page_escapes_text(tmp_path: Path) -> None:
    evil = "<script>'\"&"
    page = write_figures([Figure(evil, "f", evil, DOT)], tmp_path, evil)[-1].read_text()
    assert "<script>" not in page
    assert page.count("&lt;script&gt;&#x27;&quot;&amp;") == 5


def test_file_names_are_safe_and_differ(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "conv 1/3x3", "conv-1-3x3", "Conv-1-3x3", "", "x" * 300]
    made = write_figures([Figure("s", name, "c", DOT) for name in names], tmp_path, "t")
    assert [path.name for path in made] == [
        "etc-passwd.png",
        "conv-1-3x3.png",
        "conv-1-3x3-2.png",
        "Conv-1-3x3-3.png",
        "figure.png",
        "x" * 120 + ".png",
        "index.html",
    ]
    assert {path.parent for path in made} == {tmp_path}


def test_page_of_figures_that_fail_is_not_begun(tmp_path: Path) -> None:
    def figures() -> Iterator[Figure]:
        yield Figure("s", "n", "c", DOT)
        raise UsageError("no such layer")

    with pytest.raises(UsageError):
        write_figures(figures(), tmp_path / "out", "t")
    assert not (tmp_path / "out").exists()


def test_page_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LayerzooError, match="the pictures can't be written"):
        write_figures([Figure("s", "n", "c", DOT)], tmp_path / "file", "t")


def test_data_and_sheets_are_written_if_asked_for(tmp_path: Path) -> None:
    sheet = Image.new("RGB", (4, 4), "blue")
    figures = [Figure("s", "n", "c", DOT, {"kind": "points"}, [sheet, sheet]), Figure("s", "m", "d", DOT)]
    made = write_figures(figures, tmp_path, "t", with_data=True)
    assert [path.name for path in made] == ["n.png", "m.png", "index.html"]
    found = json.loads((tmp_path / "figures.json").read_text())
    assert found["title"] == "t"
    assert found["figures"][0] == {
        "file": "n.png",
        "section": "s",
        "caption": "c",
        "data": {"kind": "points"},
        "sheets": ["n-sheet-0.png", "n-sheet-1.png"],
    }
    assert found["figures"][1]["data"] is None
    with Image.open(tmp_path / "n-sheet-1.png") as picture:
        assert picture.size == (4, 4)
    assert not (tmp_path / "index.html").read_text().count("sheet")
