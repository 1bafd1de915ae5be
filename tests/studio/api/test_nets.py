"""Nets over the API: lists, texts, copies."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from layerzoo.studio.studio import Studio

NET = 'name: "n"\nlayer { name: "a" type: "Input" top: "a" input_param { shape { dim: 1 } } }\n'


def test_list_is_searched_and_filtered(client: TestClient, root: Path) -> None:
    (root / "deep").mkdir()
    (root / "deep" / "net.prototxt").write_text(NET)
    (root / "solver.yaml").write_text("net: deep/net.prototxt\nbase_lr: 0.1\n")
    (root / "other.yaml").write_text("a: 1\n")

    def names(query: str = "") -> list[str]:
        return sorted(one["path"] for one in client.get(f"/api/nets{query}").json()["nets"])

    assert names() == ["deep/net.prototxt", "solver.yaml"]
    assert names("?kind=net") == ["deep/net.prototxt"]
    assert names("?search=SOLV") == ["solver.yaml"]
    assert client.get("/api/nets?kind=what").status_code == 400


def test_text_is_saved_unless_the_file_has_changed(client: TestClient, root: Path) -> None:
    path = root / "net.prototxt"
    path.write_text(NET)
    known = client.get("/api/nets/text?path=net.prototxt").json()
    assert (known["text"], known["kind"], known["writable"]) == (NET, "net", True)
    body = {"path": "net.prototxt", "text": NET + "# mine\n", "version": known["version"]}
    saved = client.put("/api/nets/text", json=body)
    assert saved.status_code == 200
    assert path.read_text() == NET + "# mine\n"
    path.write_text(NET + "# theirs\n")
    refused = client.put("/api/nets/text", json={**body, "version": saved.json()["version"]})
    assert refused.status_code == 409
    answer = refused.json()
    assert "changed on disk" in answer["error"]
    assert {"-# theirs", "+# mine"} <= set(answer["diff"])
    assert client.put("/api/nets/text", json={**body, "version": answer["version"]}).status_code == 200


def test_new_texts_get_a_suffix_and_stay_below_the_roots(
    client: TestClient, root: Path, tmp_path: Path
) -> None:
    assert (
        client.put("/api/nets/text", json={"path": "fresh", "text": NET}).json()["path"] == "fresh.prototxt"
    )
    assert (root / "fresh.prototxt").read_text() == NET
    for path in ("../out.yaml", str(tmp_path / "out.yaml")):
        assert client.put("/api/nets/text", json={"path": path, "text": NET}).status_code == 403
    assert client.put("/api/nets/text", json={"path": "run.sh", "text": NET}).status_code == 400
    assert client.get("/api/nets/text?path=/etc/passwd").status_code == 403
    assert client.get("/api/nets/text?path=missing.yaml").status_code == 404
    assert client.get("/api/nets/text?path=.").status_code == 400
    (root / "link.yaml").symlink_to("/etc/hostname")
    assert client.get("/api/nets/text?path=link.yaml").status_code == 403


def test_clone_and_its_removal(client: TestClient, root: Path) -> None:
    (root / "net.prototxt").write_text(NET)
    copy = client.post("/api/nets/clone", json={"path": "net.prototxt"}).json()
    assert (root / copy["path"]).read_text() == NET
    (root / copy["path"]).write_text(NET + "# changed\n")
    assert client.delete("/api/nets/text", params=copy).status_code == 400
    (root / copy["path"]).write_text(NET)
    assert client.delete("/api/nets/text", params=copy).json() == {"removed": "net_copy.prototxt"}
    assert not (root / "net_copy.prototxt").exists()
    (root / "note.yaml").write_text("a: 1\n")
    known = client.get("/api/nets/text?path=note.yaml").json()["version"]
    refused = client.delete("/api/nets/text", params={"path": "note.yaml", "version": known})
    assert refused.status_code == 404


def test_diff(client: TestClient, root: Path) -> None:
    (root / "a.prototxt").write_text(NET)
    (root / "b.prototxt").write_text(NET.replace("dim: 1", "dim: 2"))
    found = client.get("/api/nets/diff?old=a.prototxt&new=b.prototxt").json()
    assert not found["equal"]
    assert "--- a.prototxt" in found["text"]
    assert client.get("/api/nets/diff?old=a.prototxt&new=../b").status_code == 403


def test_shipped_configs_and_zoo(client: TestClient) -> None:
    names = [one["name"] for one in client.get("/api/nets/configs").json()]
    assert "configs/lenet_solver.yaml" in names
    shown = client.get("/api/nets/text?config=configs/lenet_solver.yaml").json()
    assert (shown["kind"], shown["writable"]) == ("solver", False)
    assert client.get("/api/nets/text?config=configs/../setup.cfg").status_code == 404
    entries = [one["name"].partition("@")[0] for one in client.get("/api/nets/zoo").json()]
    assert "lenet-digits" in entries
    assert "char-lstm" not in entries  # it takes no images


def test_copy_and_new_are_jobs(client: TestClient, studio: Studio, root: Path) -> None:
    job = client.post("/api/nets/copy", json={"name": "configs/lenet_solver.yaml", "folder": "mine"}).json()
    assert job["command"] == f"layerzoo copy configs/lenet_solver.yaml {root / 'mine'}"
    assert job["kind"] == "net"
    assert client.post("/api/nets/copy", json={"name": "configs/x", "folder": "a"}).status_code == 404
    assert (
        client.post("/api/nets/copy", json={"name": "configs/lenet_solver.yaml", "folder": "/"}).status_code
        == 403
    )
    (root / "table.csv").write_text("a,b\n1,2\n")
    wanted: dict[str, Any] = {"data": "table.csv", "folder": "project"}
    made = client.post(
        "/api/nets/new", json={**wanted, "model": "mlp", "epochs": 3, "label": ["a", "b"]}
    ).json()
    assert made["command"].endswith("-model=mlp -epochs=3 -label=a,b")
    assert client.post("/api/nets/new", json={**wanted, "data": "missing"}).status_code == 404
    assert client.post("/api/nets/new", json={**wanted, "folder": "."}).status_code == 400
    assert client.post("/api/nets/new", json={**wanted, "epochs": -1}).status_code == 400


def test_copied_config_appears(client: TestClient, studio: Studio, root: Path) -> None:
    body = {"name": "configs/lenet_solver.yaml", "folder": "mine"}
    number = client.post("/api/nets/copy", json=body).json()["id"]
    until = time.monotonic() + 120
    while client.get(f"/api/jobs/{number}").json()["state"] != "done":
        assert time.monotonic() < until, client.get(f"/api/jobs/{number}/output").json()
        studio.queue.tick()
        time.sleep(0.05)
    found = {one["path"] for one in client.get("/api/nets").json()["nets"]}
    assert found == {"mine/lenet_solver.yaml", "mine/lenet_train_test.yaml"}
