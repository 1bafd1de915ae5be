"""Nets to look at and pictures, over the API."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


def test_nets_are_runs_and_entries(client: TestClient, studio: Studio, root: Path, home: Path) -> None:
    write_run(root, "first")
    studio.index.refresh()
    found = client.get("/api/look/nets").json()
    assert [one["title"] for one in found["runs"]] == ["first"]
    assert found["runs"][0]["query"] == f"run={studio.index.runs[0].id}"
    assert "zoo=lenet-digits@1" in [one["query"] for one in found["zoo"]]


def test_net_is_described(client: TestClient, home: Path) -> None:
    found = client.get("/api/look/net?zoo=lenet-digits").json()
    assert (found["kind"], found["labels"][3]) == ("classify", "3")
    assert client.get("/api/look/net?zoo=nothing").status_code == 400
    assert client.get("/api/look/net").status_code == 400
    assert client.get("/api/look/net?run=000000000000").status_code == 404


def test_upload_is_checked_and_shown(client: TestClient, digit: Path) -> None:
    found = client.post("/api/look/pictures?name=my.png", content=digit.read_bytes()).json()
    assert (found["name"], found["width"], found["height"]) == ("my.png", 8, 8)
    shown = client.get("/api/look/preview", params={"source": found["source"], "side": "128"})
    assert shown.headers["content-type"] == "image/png"
    assert shown.content.startswith(b"\x89PNG")
    number = found["source"].removeprefix("upload:")
    assert client.delete(f"/api/look/pictures/{number}").json() == {"removed": [found["source"]]}
    assert client.get("/api/look/preview", params={"source": found["source"]}).status_code == 404


@pytest.mark.parametrize("data", [b"", b"<script>alert(1)</script>", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_upload_that_is_no_picture_is_refused_and_not_kept(
    data: bytes, client: TestClient, studio: Studio
) -> None:
    assert client.post("/api/look/pictures?name=a.png", content=data).status_code == 400
    assert list((studio.settings.folder / "look").rglob("*.png")) == []


def test_paths_name_a_picture_a_folder_or_a_list(client: TestClient, root: Path, digit: Path) -> None:
    (root / "many").mkdir()
    for name in ("b.png", "a.png", "c.txt"):
        Image.new("L", (4, 4)).save(root / "many" / name, "PNG")
    (root / "many" / "out.png").symlink_to("/etc/hostname")

    def names(path: str) -> list[str]:
        found = client.post("/api/look/paths", json={"path": path}).json()
        return [one["source"] for one in found["pictures"]]

    assert names("seven.png") == ["seven.png"]
    assert names("many") == ["many/a.png", "many/b.png"], "what leads out of the folder is left out"
    (root / "list.txt").write_text("many/b.png 3\nseven.png\n")
    assert names("list.txt") == ["many/b.png", "seven.png"]
    (root / "bad.txt").write_text("/etc/passwd\n")
    assert client.post("/api/look/paths", json={"path": "bad.txt"}).status_code == 403
    assert client.post("/api/look/paths", json={"path": "/etc"}).status_code == 403
    assert client.post("/api/look/paths", json={"path": "nothing"}).status_code == 404


def test_preview_is_of_the_files_below_the_roots(client: TestClient, root: Path) -> None:
    assert client.get("/api/look/preview?source=/etc/hostname").status_code == 403
    assert client.get("/api/look/preview?source=.").status_code == 400
    assert client.get("/api/look/preview?source=x&side=4000").status_code == 400


def test_results_that_are_none(client: TestClient) -> None:
    assert client.get(f"/api/look/results/{'0' * 24}/a.png").status_code == 404
    assert client.get("/api/look/results/../studio.json").status_code == 404


def test_server_needs_no_torch() -> None:
    code = (
        "import sys; from layerzoo.studio import api, pages; api.load(); pages.load();"
        "from layerzoo.studio.api.zoo import ZooChoice, entries_of, entry_of;"
        "entries_of(ZooChoice()); entry_of('lenet-digits'); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"
