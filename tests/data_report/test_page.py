"""The report as HTML."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

from layerzoo.data_report.findings import judge
from layerzoo.data_report.page import report_page
from layerzoo.data_report.statistics import read_statistics
from tests.data_report.photos import net_text, photos, sources


class Tags(HTMLParser):
    """Collects the tags of a page and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_page_is_self_contained_and_escaped(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    name = "<img src=x onerror=alert(1)>.png"
    shutil.copy(folder / "train/cat/t01.png", folder / "val/cat" / name)
    statistics = [read_statistics(source) for source in sources(net_text(folder))]
    page = report_page(statistics, judge(statistics))
    parser = Tags()
    parser.feed(page)
    pictures = [attrs["src"] or "" for tag, attrs in parser.tags if tag == "img"]
    assert len(pictures) == 2 + 4  # the pair, and one of each class of each source
    assert "<figcaption>dog: t10.png</figcaption>" in page
    assert all(source.startswith("data:image/jpeg;base64,") for source in pictures)
    assert not {tag for tag, _ in parser.tags} & {"script", "link", "iframe"}
    assert not re.search(r"https?://", page)
    assert "&lt;img src=x" in page
    assert "class='finding fail'" in page
    assert ">cat<" in page
