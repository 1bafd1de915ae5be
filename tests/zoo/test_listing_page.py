"""The page of a zoo that is served."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

from layerzoo.zoo.index import Row
from layerzoo.zoo.listing_page import CONTENT_POLICY, listing_page

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """Collects tags, and checks that each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_page_shows_name_title_size_licence_and_command() -> None:
    rows = [
        Row("mlp", 2, "a" * 64, size=1_234_567, title="A net", license="BSD-2-Clause", results={"acc": 0.5}),
        Row("lenet", 1, "b" * 64, size=999, title="LeNet", signed=True, tags=("digits", "old")),
    ]
    page = Tags(listing_page(rows, "http://127.0.0.1:8400").decode())
    assert page.open == []
    wanted = ["LeNet", "999 B", "not stated", "digits, old", "yes"]
    wanted += ["layerzoo zoo get lenet@1"]
    wanted += ["A net", "1.2 MB", "BSD-2-Clause", "acc 0.5"]
    wanted += ["layerzoo zoo get mlp@2"]
    places = [page.texts.index(text) for text in wanted]
    assert places == sorted(places), "in this order"
    assert page.texts.count("-from") == page.texts.count("http://127.0.0.1:8400") == 2


def test_texts_are_escaped() -> None:
    row = Row("x", 1, "a" * 64, title=EVIL, description=EVIL, license=EVIL, tags=(EVIL,), results={EVIL: 1})
    page = Tags(listing_page([row], EVIL).decode())
    assert page.open == []
    assert not page.seen & {"script", "img", "a", "link", "iframe"}
    assert page.texts.count(EVIL) == 5


def test_policy_allows_the_style_of_the_page_only() -> None:
    style = re.findall("<style>(.*?)</style>", listing_page([], "x").decode(), re.DOTALL)
    assert len(style) == 1
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in CONTENT_POLICY
    assert "script-src" not in CONTENT_POLICY
    assert CONTENT_POLICY.startswith("default-src 'none'")


def test_empty_zoo_says_so() -> None:
    assert b"This zoo has no entries yet." in listing_page([], "x")
