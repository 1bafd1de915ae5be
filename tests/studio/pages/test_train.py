"""The pages of training and of the queue."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.jobs import Order
from layerzoo.studio.pages.train import models
from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


def test_start_offers_data_nets_and_solvers(client: TestClient, root: Path) -> None:
    (root / "a_solver.yaml").write_text("base_lr: 1")
    text = client.get("/train", params={"data": "photos"}).text
    assert 'value="photos"' in text
    assert "train?solver=a_solver.yaml" in text
    assert "lenet" in models()
    assert all(models().values())


def test_form_of_a_run(client: TestClient, studio: Studio, root: Path) -> None:
    write_run(root, "one")
    studio.index.refresh()
    [run] = studio.index.runs
    text = client.get("/train", params={"run": run.id}).text
    assert 'data-solver="one.run/solver.prototxt"' in text
    assert 'data-path="base_lr" data-value="0.1"' in text


def test_form_of_a_damaged_solver_says_what_is_wrong(client: TestClient, root: Path) -> None:
    (root / "bad_solver.yaml").write_text("base_lr: [")
    answer = client.get("/train", params={"solver": "bad_solver.yaml"})
    assert "bad_solver.yaml:1" in answer.text


def test_queue_shows_why_jobs_wait(client: TestClient, studio: Studio, root: Path) -> None:
    assert "Nothing runs." in client.get("/queue").text
    studio.queue.add(Order(["train"], str(root), "large", gpus=99))
    text = client.get("/queue").text
    assert "needs 99 GPUs" in text
    assert 'aria-label="Move large up"' in text
