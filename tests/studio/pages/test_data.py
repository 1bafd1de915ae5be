"""The pages of data."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.pages.data import class_rows
from layerzoo.studio.studio import Studio
from tests.data_report.photos import photos
from tests.studio.api.test_data import looked_at
from tests.studio.datasets.test_finding import pets


def test_empty_page_says_what_to_do(client: TestClient) -> None:
    page = client.get("/data").text
    assert "No data yet" in page
    assert 'data-named="digits"' in page


def test_list_links_to_sets(client: TestClient, root: Path) -> None:
    path = pets(root / "a & b")
    page = client.get("/data").text
    assert "a &amp; b</b>" in page
    assert str(path).replace(" ", "%20").replace("&", "%26") in page


def test_set_is_shown_when_it_was_looked_at(client: TestClient, root: Path, studio: Studio) -> None:
    path = photos(root / "photos")
    assert "Looking at every sample" in client.get("/data/set", params={"path": "photos"}).text
    looked_at(studio, path)
    page = client.get("/data/set", params={"path": "photos"}).text
    assert f"/train?data={path}" in page
    assert "TRAIN and VAL share no samples" in page
    assert page.count("<li><figure>") == 22 + 6  # thumbnails, and mean images of both parts
    assert " style=" not in page


def test_table_shows_rows(client: TestClient, root: Path, studio: Studio) -> None:
    (root / "t.csv").write_text("a,b,label\n" + "".join(f"{n},{n * 2},{n % 2}\n" for n in range(20)))
    looked_at(studio, root / "t.csv")
    page = client.get("/data/set", params={"path": "t.csv"}).text
    assert "First samples" in page
    assert "Try transforms" not in page


def test_transforms_have_a_control_each(client: TestClient, root: Path) -> None:
    pets(root / "pets")
    page = client.get("/data/augment", params={"path": "pets"}).text
    assert 'name="rotation"' in page
    assert 'name="mirror"' in page


def test_missing_set_is_told(client: TestClient) -> None:
    answer = client.get("/data/set", params={"path": "none"})
    assert answer.status_code == 404
    assert "no file or folder none" in answer.text


def test_bars_of_parts_stand_beside_each_other() -> None:
    rows = class_rows([{"labels": {"cat": 3, "dog": 1}}, {"labels": {"cat": 1}}])
    assert [(row.name, row.counts) for row in rows] == [("cat", [3, 1]), ("dog", [1, 0])]
    assert rows[0].bars == [(0.0, 75.0), (75.0, 25.0)]
