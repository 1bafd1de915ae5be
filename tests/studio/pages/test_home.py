"""The first page."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.index import Notes
from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


def test_an_empty_studio_says_what_to_do(client: TestClient) -> None:
    page = client.get("/").text
    assert "No runs yet" in page
    assert "layerzoo runs ls" in page


def test_runs_are_listed_with_their_numbers(client: TestClient, studio: Studio, root: Path) -> None:
    write_run(root, "lenet<b>", points=11)
    studio.index.refresh()
    page = client.get("/").text
    assert "lenet&lt;b&gt;" in page
    assert "100 of 200" in page
    assert "Tiny · SGD" in page


def test_a_long_list_has_parts(client: TestClient, studio: Studio, root: Path) -> None:
    for number in range(7):
        write_run(root, f"run{number}", points=1)
    studio.index.refresh()
    page = client.get("/?count=3&start=3&sort=name&descending=false").text
    assert [f"run{number}" for number in range(7) if f">run{number}<" in page] == ["run3", "run4", "run5"]
    assert "4 to 6 of 7" in page
    assert 'data-start="0"' in page
    assert 'data-start="6"' in page


def test_filters_that_match_nothing(client: TestClient, studio: Studio, root: Path) -> None:
    write_run(root, "lenet")
    studio.index.refresh()
    assert "No run matches" in client.get("/?search=alexnet").text
    answer = client.get("/?sort=colour")
    assert answer.status_code == 400
    assert "expected one of" in answer.text


def test_tags_can_be_chosen(client: TestClient, studio: Studio, root: Path) -> None:
    write_run(root, "lenet")
    studio.index.refresh()
    studio.index.annotate(studio.index.runs[0].id, Notes(["good"]))
    assert ">good</option>" in client.get("/").text
