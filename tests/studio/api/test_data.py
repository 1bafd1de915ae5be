"""The services of data sets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.cli.main import main
from layerzoo.studio.studio import Studio
from tests.studio.datasets.test_finding import pets


def looked_at(studio: Studio, path: Path) -> None:
    """Make the overview that a job would make."""
    assert main(["data", "overview", str(path), "-out", str(studio.datasets.overviews.folder(path))]) == 0


def test_list_has_kinds_and_counts(client: TestClient, root: Path) -> None:
    pets(root / "pets")
    (one,) = client.get("/api/data").json()["sets"]
    assert (one["shown"], one["what"], one["count"], one["level"]) == (
        "pets",
        "pictures in class folders",
        4,
        "",
    )


def test_overview_starts_as_a_job_and_is_shown(client: TestClient, root: Path, studio: Studio) -> None:
    path = pets(root / "pets")
    assert client.get("/api/data/overview", params={"path": "pets"}).json()["state"] == "missing"
    job = client.post("/api/data/overview", json={"path": "pets"}).json()
    assert (job["kind"], job["state"]) == ("data", "queued")
    looked_at(studio, path)
    known = client.get("/api/data/overview", params={"path": "pets"}).json()
    assert known["state"] == "ready"
    assert known["report"]["sources"][0]["labels"] == {"cat": 2, "dog": 2}
    (one,) = client.get("/api/data").json()["sets"]
    assert (one["classes"], len(one["covers"])) == (2, 2)
    picture = client.get("/api/data/picture", params={"path": "pets", "file": one["covers"][0]})
    assert picture.headers["content-type"] == "image/jpeg"
    assert len(picture.content) < 20_000


def test_samples_are_filtered_by_class(client: TestClient, root: Path, studio: Studio) -> None:
    looked_at(studio, pets(root / "pets"))
    found = client.get("/api/data/samples", params={"path": "pets", "name": "dog", "count": 1}).json()
    assert (found["total"], [one["classes"] for one in found["samples"]]) == (2, [["dog"]])
    assert client.get("/api/data/samples", params={"path": "pets", "count": 501}).status_code == 400


@pytest.mark.parametrize("path", ["/etc", "..", "pets/../../x"])
def test_paths_outside_are_refused(client: TestClient, path: str) -> None:
    for service in ("overview", "samples"):
        assert client.get(f"/api/data/{service}", params={"path": path}).status_code == 403
    wanted = {"path": path, "file": "0-0.jpg"}
    assert client.get("/api/data/picture", params=wanted).status_code == 403
    assert client.post("/api/data/import", json={"source": path, "target": "x"}).status_code == 403
    assert client.post("/api/data/named/digits", json={"folder": path}).status_code == 403


def test_named_sets_are_exported_by_a_job(client: TestClient, root: Path) -> None:
    named = client.get("/api/data/named").json()["named"]
    assert (named[0]["name"], named[0]["state"], named[0]["size"]) == ("digits", "shipped", 0)
    job = client.post("/api/data/named/digits", json={"folder": "mine"}).json()
    assert job["command"] == f"layerzoo data export digits {root / 'mine'}"
    assert client.post("/api/data/named/digit", json={}).status_code == 400
    (root / "digits").mkdir()
    assert "already exists" in client.post("/api/data/named/digits", json={}).json()["error"]


def test_import_is_a_command(client: TestClient, root: Path) -> None:
    pets(root / "pets")
    body = {"source": "pets", "target": "db", "kind": "folder", "width": 8, "height": 9, "shuffle": True}
    command = client.post("/api/data/import", json=body).json()["command"]
    flags = "-kind folder -resize_width 8 -resize_height 9 -shuffle"
    assert command == f"layerzoo data import {root / 'pets'} {root / 'db'} {flags}"
    assert client.post("/api/data/import", json={**body, "height": 0}).status_code == 400


def test_folder_without_data_is_told(client: TestClient, root: Path) -> None:
    answer = client.get("/api/data/overview", params={"path": "."})
    assert answer.status_code == 400
    assert "no data set that is known" in answer.json()["error"]


def test_server_does_not_import_torch() -> None:
    code = "import sys, layerzoo.studio.api as a, layerzoo.studio.pages as p; a.load(); p.load()"
    code += (
        "; from layerzoo.studio.api.data import named_views; named_views(); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
