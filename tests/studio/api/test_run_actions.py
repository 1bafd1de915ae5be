"""What can be done with a run over the API."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


@pytest.fixture
def run(studio: Studio, root: Path) -> str:
    """The id of a run with a snapshot of iteration 100."""
    folder = write_run(root, "one")
    snapshot = folder / "iter_100"
    snapshot.mkdir()
    (snapshot / "weights.safetensors").write_bytes(b"w" * 100_000)
    (snapshot / "state.json").write_text("{}")
    studio.index.refresh()
    [found] = studio.index.runs
    return found.id


def test_run_trains_further_from_a_snapshot(client: TestClient, studio: Studio, run: str, root: Path) -> None:
    body = {"snapshot": 100, "max_iter": 400}
    job = client.post(f"/api/runs/{run}/resume", json=body).json()
    assert job["run"] == run
    command = studio.queue.job(job["id"]).order.command
    assert command == [
        *("train", "-solver", f"{root}/one.run/solver.prototxt"),
        *("-snapshot", f"{root}/one.run/iter_100"),
        *("-set", f"snapshot_prefix={root}/one", "-set", "max_iter=400"),
    ]
    again = client.post(f"/api/runs/{run}/resume", json={})
    assert again.status_code == 400
    assert "trains this run" in again.json()["error"]
    studio.queue.stop(job["id"])
    newest = client.post(f"/api/runs/{run}/resume", json={}).json()
    assert "-resume auto" in newest["command"]
    studio.queue.stop(newest["id"])
    assert client.post(f"/api/runs/{run}/resume", json={"snapshot": 99}).status_code == 404


def test_run_is_evaluated_and_published(client: TestClient, studio: Studio, run: str, root: Path) -> None:
    job = client.post(f"/api/runs/{run}/evaluate").json()
    assert studio.queue.job(job["id"]).order.command == ["test", "-run", f"{root}/one.run"]
    job = client.post(f"/api/runs/{run}/publish", json={"name": "tiny"}).json()
    assert studio.queue.job(job["id"]).order.command == ["zoo", "publish", f"{root}/one.run", "-name", "tiny"]
    for name in ("-x", "../x", "a b", ""):
        assert client.post(f"/api/runs/{run}/publish", json={"name": name}).status_code == 400


def test_snapshot_is_downloaded(client: TestClient, run: str, root: Path) -> None:
    at = f"/api/runs/{run}/snapshots/100"
    assert client.get(at).json() == [
        {"name": "state.json", "bytes": 2},
        {"name": "weights.safetensors", "bytes": 100_000},
    ]
    answer = client.get(f"{at}/weights.safetensors")
    assert answer.content == b"w" * 100_000
    assert answer.headers["content-disposition"] == 'attachment; filename="one_weights.safetensors"'
    (root / "secret").write_text("x")
    (root / "one.run/iter_100/link").symlink_to(root / "secret")
    for name in ("link", "none", "..%2fsolver.prototxt", "%2e%2e"):
        assert client.get(f"{at}/{name}").status_code == 404, name
    assert client.get(f"/api/runs/{run}/snapshots/99/state.json").status_code == 404
    assert client.get(f"/api/runs/{run}/snapshots/x").status_code == 404


def test_page_of_a_run_offers_what_can_be_done(client: TestClient, run: str, root: Path) -> None:
    folder = root / "one.run/nonfinite_iter_7"
    folder.mkdir()
    (folder / "report.txt").write_text("first: conv1 is NaN <b>")
    (root / "one.run/log.txt").write_text("x] Data wait: 1.5% of the time\nx] Data wait: 4.4% of the time\n")
    text = client.get(f"/runs/{run}").text
    assert "<b>4.4 %</b>" in text
    assert "first: conv1 is NaN &lt;b&gt;" in text
    assert f'data-post="/api/runs/{run}/evaluate"' in text
    assert f"/train?run={run}" in text
    assert "snapshots/100/weights.safetensors" in text
    client.post(f"/api/runs/{run}/resume", json={})
    assert "Evaluate" not in client.get(f"/runs/{run}").text
