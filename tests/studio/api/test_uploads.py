"""The services of uploads."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.cli.main import main
from layerzoo.studio.studio import Studio


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/") + ".png", content)
    return data.getvalue()


def test_archive_becomes_a_folder_by_a_job(client: TestClient, root: Path, studio: Studio) -> None:
    data = zipped(cat__1=b"one", dog__1=b"two")
    begun = client.post("/api/uploads", json={"file": "pets.zip", "size": len(data), "key": "k"}).json()
    where = f"/api/uploads/{begun['id']}"
    assert client.put(where, params={"offset": 0}, content=data[:50]).json()["offset"] == 50
    assert client.post(f"{where}/finish", json={"target": "pets"}).status_code == 400
    assert client.put(where, params={"offset": 0}, content=data[50:]).status_code == 400
    assert client.get(where).json()["offset"] == 50
    client.put(where, params={"offset": 50}, content=data[50:])
    made = client.post(f"{where}/finish", json={"target": "pets"}).json()
    assert made["path"] == str(root / "pets")
    job = studio.queue.job(made["job"])
    assert job.order.command[-1] == "-remove"
    assert client.get("/api/uploads").json() == {"uploads": []}
    assert main(job.order.command) == 0
    assert (root / "pets" / "dog" / "1.png").read_bytes() == b"two"
    assert not Path(job.order.command[2]).exists()


def test_table_is_put_in_its_place(client: TestClient, root: Path) -> None:
    begun = client.post("/api/uploads", json={"file": "a.csv", "size": 8}).json()
    where = f"/api/uploads/{begun['id']}"
    client.put(where, params={"offset": 0}, content=b"a,b\n1,2\n")
    made = client.post(f"{where}/finish", json={"target": "flowers"}).json()
    assert made == {"path": str(root / "flowers.csv"), "job": ""}
    assert (root / "flowers.csv").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("target", ["../x", "/etc/x"])
def test_target_outside_is_refused(client: TestClient, target: str) -> None:
    begun = client.post("/api/uploads", json={"file": "a.csv", "size": 1}).json()
    client.put(f"/api/uploads/{begun['id']}", params={"offset": 0}, content=b"1")
    answer = client.post(f"/api/uploads/{begun['id']}/finish", json={"target": target})
    assert answer.status_code == 403


def test_existing_target_keeps_the_upload(client: TestClient, root: Path) -> None:
    (root / "a.csv").touch()
    begun = client.post("/api/uploads", json={"file": "a.csv", "size": 1}).json()
    client.put(f"/api/uploads/{begun['id']}", params={"offset": 0}, content=b"1")
    answer = client.post(f"/api/uploads/{begun['id']}/finish", json={"target": "a"})
    assert "already exists" in answer.json()["error"]
    assert client.delete(f"/api/uploads/{begun['id']}").json() == {"removed": begun["id"]}
    assert client.get(f"/api/uploads/{begun['id']}").status_code == 404


def test_programs_are_refused(client: TestClient) -> None:
    assert client.post("/api/uploads", json={"file": "a.sh", "size": 1}).status_code == 400
