"""Jobs of the zoo."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.cli.main import main
from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


def command(studio: Studio, answer: object) -> list[str]:
    """The command of a job that was answered."""
    assert isinstance(answer, dict)
    order = studio.queue.job(answer["id"]).order
    assert order.kind == "zoo"
    return order.command


def test_verify_and_export_are_commands(
    client: TestClient, studio: Studio, root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = client.post("/api/zoo/entries/mlp-digits/verify", json={}).json()
    assert command(studio, verify) == ["zoo", "verify", "mlp-digits@1"]
    export = client.post("/api/zoo/entries/mlp-digits/export", json={"form": "safetensors"}).json()
    monkeypatch.chdir(root)
    assert main(command(studio, export)) == 0
    (file,) = client.get("/api/zoo/exports").json()["files"]
    assert file["name"] == "mlp-digits.safetensors"
    saved = client.get("/api/zoo/exports/mlp-digits.safetensors")
    assert len(saved.content) == file["size"]
    again = client.post("/api/zoo/entries/mlp-digits/export", json={"form": "safetensors"})
    assert "already exists" in again.json()["error"]
    assert client.get("/api/zoo/exports/..%2Fx").status_code == 404


@pytest.mark.parametrize("file", ["../x.onnx", "-out", "x.py", "a/b.onnx"])
def test_export_writes_to_its_folder_alone(file: str, client: TestClient, home: Path) -> None:
    asked = {"form": "onnx", "file": file}
    assert client.post("/api/zoo/entries/mlp-digits/export", json=asked).status_code == 400


def test_publish_takes_a_run_and_facts(client: TestClient, studio: Studio, root: Path, home: Path) -> None:
    folder = write_run(root, "first")
    studio.index.refresh()
    asked = {
        "run": studio.index.runs[0].id,
        "name": "mine",
        "title": "-x",
        "tags": ["a", " b "],
        "last": True,
    }
    made = client.post("/api/zoo/publish", json=asked).json()
    assert command(studio, made) == [
        "zoo",
        "publish",
        str(folder),
        "-name=mine",
        "-title=-x",
        "-tags=a,b",
        "-last",
    ]
    for name in ("", "-x", "../x"):
        assert client.post("/api/zoo/publish", json={**asked, "name": name}).status_code == 400
    assert client.post("/api/zoo/publish", json={**asked, "tags": ["a,b"]}).status_code == 400
    assert client.post("/api/zoo/publish", json={**asked, "run": "000000000000"}).status_code == 404


def test_get_is_from_configured_stores(client: TestClient, studio: Studio, home: Path) -> None:
    (home / "zoo.toml").write_text('[stores.team]\nurl = "/somewhere"\n')
    made = client.post("/api/zoo/get", json={"name": "lenet@2", "store": "team", "signed": True}).json()
    assert command(studio, made) == ["zoo", "get", "lenet@2", "-from", "team", "-signed"]
    assert client.post("/api/zoo/get", json={"name": "lenet", "store": "http://evil"}).status_code == 404
    assert client.post("/api/zoo/get", json={"name": "-from=x"}).status_code == 400


def test_push_goes_to_stores_and_folders_below_the_roots(
    client: TestClient, studio: Studio, root: Path, home: Path
) -> None:
    made = client.post("/api/zoo/entries/mlp-digits/push", json={"to": "store"}).json()
    assert command(studio, made) == ["zoo", "push", "mlp-digits@1", "-to", str(root / "store")]
    assert client.post("/api/zoo/entries/mlp-digits/push", json={"to": "/etc"}).status_code == 403
    assert client.post("/api/zoo/entries/mlp-digits/push", json={"to": "s3://x"}).status_code == 400
