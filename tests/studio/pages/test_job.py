"""The page of a job."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.jobs import Order
from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


def test_a_job_shows_its_command_place_and_run(client: TestClient, studio: Studio, root: Path) -> None:
    write_run(root, "lenet")
    studio.index.refresh()
    order = Order(["train", "-solver", "a b.yaml"], str(root), "LeNet <1>", run="lenet", resumable=True)
    job = studio.queue.add(order)
    page = client.get(f"/jobs/{job.id}").text
    assert "LeNet &lt;1&gt;" in page
    assert "layerzoo train -solver &#39;a b.yaml&#39;" in page
    assert "Place in the queue" in page
    assert f'href="/runs/{studio.index.runs[0].id}"' in page
    assert client.get("/jobs/999999").status_code == 404
