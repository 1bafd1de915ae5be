"""The trials of a tune over the API, and its page."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.jobs import Order
from layerzoo.studio.studio import Studio
from layerzoo.tune.journal import Journal
from tests.studio.runs import write_run

PLAN = "solver: solver.yaml\naxes: {base_lr: {values: [0.1, 0.01, 1]}}\nmaximise: accuracy\n"


def test_trials_stand_best_first_with_their_runs(client: TestClient, studio: Studio, root: Path) -> None:
    (root / "solver.yaml").write_text("base_lr: 1")
    (root / "a_tune.yaml").write_text(PLAN)
    job = studio.queue.add(Order(["tune", "a_tune.yaml"], str(root), "a", "tune"))
    assert "No trial has begun yet." in client.get("/tune", params={"plan": "a_tune.yaml"}).text
    journal = Journal(root / "a_tune.tune")
    journal.begin({})
    for number, (rate, score) in enumerate((("0.1", 0.5), ("0.01", 0.9), ("1", None))):
        trial = journal.trial_begins(number, {"base_lr": rate})
        if score is not None:
            trial.state, trial.value, trial.iteration, trial.seconds = "done", score, 10, 2.0
            journal.trial_ends(trial)
    write_run(root / "a_tune.tune", "trial-0001")
    studio.index.refresh()
    [run] = studio.index.runs
    found = client.get("/api/tunes", params={"plan": "a_tune.yaml"}).json()
    assert [(one["number"], one["state"], one["value"]) for one in found["trials"]] == [
        (1, "done", 0.9),
        (0, "done", 0.5),
        (2, "begun", None),
    ]
    assert [one["run"] for one in found["trials"]] == [run.id, "", ""]
    assert (found["count"], found["metric"], found["axes"]) == (3, "accuracy", ["base_lr"])
    text = client.get("/tune", params={"plan": "a_tune.yaml"}).text
    assert f'href="/runs/{run.id}"' in text
    assert "/tune?plan=" in client.get(f"/jobs/{job.id}").text


def test_files_that_are_no_plans_are_refused(client: TestClient, root: Path) -> None:
    (root / "x.yaml").write_text("a: [")
    assert client.get("/api/tunes", params={"plan": "x.yaml"}).status_code == 400
    assert client.get("/api/tunes", params={"plan": "/etc/passwd"}).status_code == 403
    assert client.get("/api/tunes", params={"plan": "none.yaml"}).status_code == 404
