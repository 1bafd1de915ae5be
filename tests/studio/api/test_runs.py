"""Runs over the API."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


def test_list_and_one(client: TestClient, studio: Studio, root: Path) -> None:
    write_run(root, "a", points=11)
    write_run(root, "b", points=2)
    studio.index.refresh()
    answer = client.get("/api/runs?sort=name&descending=false&count=1").json()
    assert (answer["total"], answer["waiting"], [run["name"] for run in answer["runs"]]) == (2, 0, ["a"])
    run = client.get(f"/api/runs/{answer['runs'][0]['id']}").json()
    assert (run["progress"]["iteration"], run["scores"]["accuracy"][1]) == (100, 100)
    assert client.get("/api/runs/nothing").status_code == 404
    assert client.get("/api/runs?sort=colour").json()["error"].startswith("'sort' is 'colour'")


def test_curves(client: TestClient, studio: Studio, root: Path) -> None:
    for name in "ab":
        write_run(root, name, points=21)
    studio.index.refresh()
    ids = "&".join(f"run={run.id}" for run in studio.index.runs)
    curves = client.get(f"/api/curves?{ids}&quantity=loss").json()["curves"]
    assert len(curves) == 4
    assert curves[0]["x"] == list(range(0, 210, 10))
    assert curves[0]["y"][0] == 2
    part = client.get(f"/api/curves?{ids}&quantity=loss&axis=seconds&start=2&end=4").json()["curves"][0]
    assert (part["x"][0], part["x"][-1]) == (2, 4)
    few = client.get(f"/api/curves?{ids}&points=6").json()["curves"][0]
    assert len(few["x"]) <= 8
    assert client.get("/api/curves?quantity=loss").status_code == 400


def test_notes(client: TestClient, studio: Studio, root: Path) -> None:
    folder = write_run(root, "a")
    studio.index.refresh()
    (run,) = studio.index.runs
    body = {"tags": ["x"], "note": "n", "archived": True}
    assert client.put(f"/api/runs/{run.id}/notes", json=body).json()["notes"]["tags"] == ["x"]
    assert (folder / "studio.json").is_file()
    assert client.put(f"/api/runs/{run.id}/notes", json={"tag": []}).status_code == 400
    assert client.put(f"/api/runs/{run.id}/notes", json={"tags": ["x" * 65]}).status_code == 400


def test_log(client: TestClient, studio: Studio, root: Path) -> None:
    folder = write_run(root, "a")
    studio.index.refresh()
    address = f"/api/runs/{studio.index.runs[0].id}/log"
    assert client.get(address).json() == {"text": "", "next": 0}
    (folder / "log.txt").write_text("first\nsecond needle\nhalf")
    assert client.get(address).json() == {"text": "first\nsecond needle\n", "next": 20}
    assert client.get(f"{address}?start=6").json()["text"] == "second needle\n"
    assert client.get(f"{address}?start=-16").json() == {"text": "", "next": 20}
    assert client.get(f"{address}?search=NEEDLE").json()["text"] == "second needle\n"
    assert client.get(f"{address}?start=999").json()["text"] == ""


def test_compare(client: TestClient, studio: Studio, root: Path) -> None:
    write_run(root, "a", rate=0.1)
    write_run(root, "b", rate=0.25)
    studio.index.refresh()
    ids = "&".join(f"run={run.id}" for run in sorted(studio.index.runs, key=lambda run: run.name))
    assert client.get(f"/api/compare?{ids}").json()["fields"]["base_lr"] == ["0.1", "0.25"]
