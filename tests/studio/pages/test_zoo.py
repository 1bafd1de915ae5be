"""The pages of the zoo."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.studio.api import zoo as services
from layerzoo.zoo.store import LocalZoo


def test_page_lists_entries_with_ways_on(client: TestClient, home: Path) -> None:
    text = client.get("/zoo?search=digits").text
    assert "look?zoo=lenet-digits@1" in text
    assert "train?weights=zoo:lenet-digits@1" in text
    assert "ssd-shapes" not in text.partition('id="entries"')[2].partition("</section>")[0]
    assert "layerzoo zoo search digits" in text
    assert 'style="' not in text
    assert "No entry matches" in client.get("/zoo?search=nothing-like-it").text


def test_page_of_an_empty_zoo_says_what_to_do(
    client: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "LocalZoo", lambda: LocalZoo(shipped=None))
    text = client.get("/zoo").text
    assert "The zoo is empty" in text
    assert "[stores.team]" in text


def test_page_of_an_entry(client: TestClient, home: Path) -> None:
    text = client.get("/zoo/lenet-digits@1").text
    assert "431,080 params" in text
    assert "BSD-2-Clause" in text
    assert "unsigned" in text
    assert "layerzoo zoo info lenet-digits@1" in text
    assert 'style="' not in text
    assert client.get("/zoo/nothing").status_code == 404
