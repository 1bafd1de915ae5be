"""Training over the API: the form, the preview, the check and the job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from layerzoo.studio.studio import Studio
from tests.studio.training.solvers import NET

SOLVER = """net: net.yaml
type: SGD
base_lr: 0.1
lr_policy: fixed
momentum: 0.9
max_iter: 100
solver_mode: CPU
"""


@pytest.fixture
def solver(root: Path) -> str:
    """A solver with its net."""
    folder = root / "tiny"
    folder.mkdir()
    (folder / "net.yaml").write_text(NET)
    (folder / "solver.yaml").write_text(SOLVER)
    return "tiny/solver.yaml"


def test_form_has_values_help_and_choices(client: TestClient, solver: str) -> None:
    groups = client.get("/api/train/form", params={"solver": solver}).json()["groups"]
    fields = {one["path"]: one for group in groups for one in group["fields"]}
    assert fields["base_lr"]["value"] == "0.1"
    assert "learning rate" in fields["base_lr"]["help"]
    assert {"SGD", "Adam", "Lion"} <= set(fields["type"]["choices"])
    assert {"cosine", "step", "plateau", "multifixed"} <= set(fields["lr_policy"]["choices"])
    assert list(fields["precision"]["choices"])[:1] == ["FP32"]
    assert fields["stepvalue"]["kind"] == "list"


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ({}, (0.1, 0.1)),
        ({"lr_policy": "poly", "power": "1"}, (0.1, 0.001)),
        ({"lr_policy": "multistep", "gamma": "0.1", "stepvalue": "50, 80"}, (0.1, 0.001)),
        ({"lr_policy": "step", "gamma": "0.5", "stepsize": "50"}, (0.1, 0.05)),
        ({"warmup_param.iterations": "10", "warmup_param.start_factor": "0.1"}, (0.01, 0.1)),
    ],
)
def test_preview_draws_the_schedule(
    client: TestClient, solver: str, values: dict[str, str], ends: tuple[float, float]
) -> None:
    found = client.post("/api/train/preview", json={"solver": solver, "values": values}).json()
    assert found["problems"] == []
    assert (found["schedule"]["x"][0], found["schedule"]["x"][-1]) == (0, 99)
    assert (found["schedule"]["y"][0], found["schedule"]["y"][-1]) == pytest.approx(ends)


def test_preview_shows_the_command(client: TestClient, solver: str, root: Path) -> None:
    wish = {"solver": solver, "name": "a", "values": {"base_lr": "0.2"}, "extra": "-set momentum=0.8"}
    found = client.post("/api/train/preview", json={**wish, "weights": "zoo:x", "processes": 2}).json()
    assert found["command"] == (
        "layerzoo train -solver tiny/solver.yaml -weights=zoo:x -set base_lr=0.2 -set momentum=0.8 "
        "-set snapshot_prefix=tiny/runs/a -processes 2"
    )
    (root / "tiny/runs/a.run").mkdir(parents=True)
    assert client.post("/api/train/preview", json=wish).json()["run"] == "tiny/runs/a-2"
    assert " -gpu 0,1" in client.post("/api/train/preview", json={**wish, "gpus": 2}).json()["command"]


@pytest.mark.parametrize(
    ("values", "field", "text"),
    [
        ({"base_lr": "x"}, "base_lr", "takes a number"),
        ({"lr_policy": "step"}, "lr_policy", "needs gamma"),
        ({"base_lr": "0.1, y"}, "base_lr", "is no number"),
        ({"no_field": "1"}, "no_field", "unknown field"),
    ],
)
def test_preview_tells_faults_at_their_fields(
    client: TestClient, solver: str, values: dict[str, str], field: str, text: str
) -> None:
    found = client.post("/api/train/preview", json={"solver": solver, "values": values}).json()
    assert any(one["field"] == field and text in one["text"] for one in found["problems"])


def test_several_values_become_a_tune(client: TestClient, solver: str, studio: Studio, root: Path) -> None:
    values = {"base_lr": "0.1, 0.01", "momentum": "0.8,0.9,0.9", "max_iter": "10"}
    wish = {"solver": solver, "values": values, "metric": "loss", "maximise": False, "processes": 2}
    found = client.post("/api/train/preview", json=wish).json()
    assert found["trials"] == 4
    assert found["command"] == "layerzoo tune tiny/runs/tiny_tune.yaml -processes 2"
    text = found["files"][0]["text"]
    assert '"base_lr": {values: [0.1, 0.01]}' in text
    assert '  - "max_iter=10"' in text
    random = client.post("/api/train/preview", json={**wish, "search": "random", "trials": 7}).json()
    assert random["trials"] == 7
    from layerzoo.tune import read_plan

    (root / "plan.yaml").write_text(text)
    plan = read_plan(root / "plan.yaml")
    assert (plan.search, plan.trials, plan.metric, plan.maximise) == ("grid", 4, "loss", False)
    assert studio.queue.jobs() == []


def test_train_checks_and_queues(client: TestClient, solver: str, studio: Studio) -> None:
    wish = {"solver": solver, "values": {"momentum": "3"}}
    refused = client.post("/api/train", json=wish).json()
    assert refused["job"] is None
    assert refused["problems"][0]["field"] == "momentum"
    assert studio.queue.jobs() == []
    started = client.post("/api/train", json={"solver": solver, "priority": 3}).json()
    assert started["problems"] == []
    job = studio.queue.job(started["job"]["id"])
    assert (job.order.run, job.order.resumable, job.order.priority) == ("tiny/runs/tiny", True, 3)
    again = client.post("/api/train", json={"solver": solver}).json()
    assert studio.queue.job(again["job"]["id"]).order.run == "tiny/runs/tiny-2"


def test_check_estimates_memory(client: TestClient, solver: str) -> None:
    found = client.post("/api/train/check", json={"solver": solver}).json()
    assert found["problems"] == []
    assert found["memory"] >= 3 * 8 * 4  # weights, gradients and history of 3 x 2 weights and 2 biases
    assert "solver history" in found["parts"]


def test_project_is_written_for_data(client: TestClient, root: Path) -> None:
    for label in ("cat", "dog"):
        (root / "pets" / label).mkdir(parents=True)
        for number in range(12):
            Image.new("RGB", (28, 28), (number * 20, 99, 20)).save(root / "pets" / label / f"{number}.png")
    wanted = {"data": "pets", "folder": "pets-net", "epochs": 2}
    made = client.post("/api/train/project", json=wanted).json()
    assert made["solver"] == "pets-net/solver.yaml"
    again = client.post("/api/train/project", json=wanted)
    assert again.status_code == 400
    assert "not empty" in again.json()["error"]
    groups = client.get("/api/train/form", params={"solver": made["solver"]}).json()["groups"]
    fields = {one["path"]: one for group in groups for one in group["fields"]}
    assert fields["max_epoch"]["value"] == "2"
    assert any(path.endswith(".batch_size") for path in fields)


def test_solver_is_written_for_a_net(client: TestClient, root: Path) -> None:
    (root / "tiny_train_test.yaml").write_text(NET)
    made = client.post("/api/train/solver", json={"net": "tiny_train_test.yaml"}).json()
    assert made["solver"] == "tiny_solver.yaml"
    assert client.post("/api/train/preview", json={"solver": made["solver"]}).json()["problems"] == []
    assert client.post("/api/train/solver", json={"net": "tiny_train_test.yaml"}).json()["solver"] == (
        "tiny-2_solver.yaml"
    )


@pytest.mark.parametrize("solver", ["../x.yaml", "/etc/passwd", "none.yaml", ""])
def test_files_outside_the_folders_are_refused(client: TestClient, solver: str) -> None:
    assert client.post("/api/train/preview", json={"solver": solver}).status_code in (400, 403, 404)
    made = client.post("/api/train/project", json={"data": "/etc", "folder": "x"})
    assert made.status_code == 403


def test_names_that_are_no_file_names_are_refused(client: TestClient, solver: str) -> None:
    for name in ("a/b", "..", "-x", "a b"):
        answer = client.post("/api/train/preview", json={"solver": solver, "name": name})
        assert answer.status_code == 400


def test_routes_of_training_import_no_torch(root: Path, solver: str, tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from starlette.testclient import TestClient
from layerzoo.studio.app import application
from layerzoo.studio.settings import Settings
from layerzoo.studio.studio import Studio
studio = Studio.make(Settings(roots=(Path({str(root)!r}),), folder=Path({str(tmp_path / "other")!r})), 8765)
headers = {{"authorization": f"Bearer {{studio.sessions.token}}"}}
client = TestClient(application(studio), "http://127.0.0.1:8765", headers=headers)
assert client.get("/train?solver={solver}").status_code == 200
assert client.get("/train").status_code == client.get("/queue").status_code == 200
for values in ({{"lr_policy": "plateau", "gamma": "0.1"}}, {{"base_lr": "1, 2"}}):
    wish = {{"solver": {solver!r}, "values": values}}
    assert client.post("/api/train/preview", json=wish).status_code == 200
assert client.post("/api/train", json={{"solver": {solver!r}}}).json()["job"]
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
