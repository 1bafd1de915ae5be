"""Pages of runs."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


def test_a_run_shows_scores_snapshots_and_config(client: TestClient, studio: Studio, root: Path) -> None:
    folder = write_run(root, "lenet", points=21)
    (folder / "iter_100").mkdir()
    (folder / "iter_100" / "weights.safetensors").write_bytes(b"x" * 2048)
    studio.index.refresh()
    (run,) = studio.index.runs
    page = client.get(f"/runs/{run.id}").text
    assert "Best accuracy" in page
    assert "2 KiB" in page
    assert "base_lr: 0.1" in page
    assert "layerzoo runs show lenet.run" in page


def test_a_run_that_is_gone(client: TestClient) -> None:
    answer = client.get("/runs/nothing")
    assert answer.status_code == 404
    assert "no run" in answer.text


def test_compare_shows_what_differs(client: TestClient, studio: Studio, root: Path) -> None:
    write_run(root, "a", rate=0.1)
    write_run(root, "b", rate=0.25)
    studio.index.refresh()
    ids = [run.id for run in studio.index.runs]
    page = client.get(f"/compare?run={ids[0]}&run={ids[1]}").text
    assert "0.25" in page
    assert "base_lr" in page
    assert "max_iter" not in page
    assert client.get(f"/compare?run={ids[0]}").status_code == 400
