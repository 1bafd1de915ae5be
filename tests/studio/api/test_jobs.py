"""Jobs over the API."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.jobs import Order
from layerzoo.studio.studio import Studio


def test_a_job_that_waits(client: TestClient, studio: Studio, root: Path) -> None:
    for title in ("one", "two"):
        studio.queue.add(Order(["train"], str(root), title, resumable=True))
    jobs = client.get("/api/jobs").json()["jobs"]
    assert [(job["title"], job["state"], job["place"]) for job in jobs] == [
        ("two", "queued", 2),
        ("one", "queued", 1),
    ]
    moved = client.put("/api/jobs/000002/priority", json={"priority": 5}).json()
    assert moved["priority"] == 5
    assert client.get("/api/jobs").json()["jobs"][0]["place"] == 1
    assert client.put("/api/jobs/000002/priority", json={"priority": 1001}).status_code == 400
    assert client.put("/api/jobs/000002/place", json={"place": 2}).json()["id"] == "000002"
    assert client.get("/api/jobs").json()["jobs"][0]["place"] == 2
    assert client.post("/api/jobs/000001/kill").status_code == 400  # it doesn't run
    assert client.post("/api/jobs/000001/stop").json()["state"] == "stopped"
    assert client.post("/api/jobs/000001/stop").status_code == 400
    assert client.post("/api/jobs/000001/resume").json()["state"] == "queued"
    assert client.post("/api/jobs/000001/clone").json()["id"] == "000003"
    assert client.delete("/api/jobs/000003").json() == {"removed": "000003"}
    assert client.get("/api/jobs/000003").status_code == 404
    assert client.post("/api/jobs/000003/restore").json()["title"] == "one"
    assert client.get("/api/jobs/000003/output").json() == {"text": "", "next": 0}


def test_limits(client: TestClient, studio: Studio) -> None:
    assert client.get("/api/limits").json() == {"cpu": 1, "per_gpu": 1}
    assert client.put("/api/limits", json={"cpu": 3, "per_gpu": 2}).status_code == 200
    assert studio.queue.limits.cpu == 3
    assert client.put("/api/limits", json={"cpu": 0, "per_gpu": 2}).status_code == 400


def test_a_name_that_is_no_job(client: TestClient) -> None:
    for name in ("..", "x", "0", "%2e%2e"):
        assert client.get(f"/api/jobs/{name}").status_code == 404


def test_a_job_says_why_it_waits(client: TestClient, studio: Studio, root: Path) -> None:
    studio.queue.add(Order(["train"], str(root), "large", gpus=99))
    assert client.get("/api/jobs").json()["jobs"][0]["why"].startswith("needs 99 GPUs, there")
