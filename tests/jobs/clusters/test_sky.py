"""SkyPilot's task, against the schema of its format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from layerzoo.errors import UsageError
from layerzoo.jobs.job_command import Tune
from tests.jobs.jobs import cluster, train
from tests.jobs.schemas import SKY


def task(**asked: Any) -> dict[str, Any]:
    """The task of a job, which fits the schema."""
    made: dict[str, Any] = yaml.safe_load(cluster("sky", **asked).text())
    jsonschema.validate(made, SKY, jsonschema.Draft202012Validator)
    return made


def test_task_is_on_spot_machines_and_goes_on_after_a_stop() -> None:
    made = task(
        accelerators="H100:8", machines=2, memory="64G", cpus="16", infra="aws/us-east-1", image="a/b:1"
    )
    assert made["num_nodes"] == 2
    assert made["resources"] == {
        "infra": "aws/us-east-1",
        "accelerators": "H100:8",
        "cpus": "16+",
        "memory": "64GB+",
        "image_id": "docker:a/b:1",
        "use_spot": True,
        "job_recovery": {"max_restarts_on_errors": 0, "recover_on_exit_codes": [75, 143]},
    }
    assert task(spot="false")["resources"]["use_spot"] is False
    assert task(restarts="2")["resources"]["job_recovery"]["max_restarts_on_errors"] == 2


def test_run_is_the_command_and_machines_find_each_other_by_the_first() -> None:
    assert task()["run"] == "exec layerzoo train -solver configs/lenet_solver.yaml -resume auto -gpu none\n"
    assert task(machines=2, accelerators="H100:8")["run"] == (
        'host=$(echo "$SKYPILOT_NODE_IPS" | head -n 1)\n'
        "exec layerzoo train -solver configs/lenet_solver.yaml -resume auto -gpu all -machines 2 "
        '-rendezvous "$host:29500"\n'
    )
    assert task(command=train("-set", "a=$(x)'y"))["run"].startswith(
        "exec layerzoo train -solver configs/lenet_solver.yaml -set 'a=$(x)'\"'\"'y' -resume"
    )


def test_bucket_holds_the_run() -> None:
    made = task(bucket="s3://runs/a")
    assert made["file_mounts"] == {"/runs": {"source": "s3://runs/a", "mode": "MOUNT_CACHED"}}
    assert made["run"].endswith(" -set snapshot_prefix=/runs/lenet\n")
    own = task(bucket="s3://runs/a", command=train(set="snapshot_prefix=/runs/b"))
    assert "-set snapshot_prefix=/runs/lenet" not in own["run"]
    tuned = task(bucket="s3://runs/a", command=Tune(("t.yaml",), {}, ("t.yaml",)))
    assert "snapshot_prefix" not in tuned["run"]
    assert cluster("sky", bucket="s3://runs").notes() == []
    (note,) = cluster("sky").notes()
    assert "without -bucket the run's folder is lost with its machine" in note


def test_gpus_are_those_of_accelerators() -> None:
    assert "-gpu 0" in task(accelerators="L4:1")["run"]
    assert "-gpu all" in task(accelerators="L4:2", gpus=2)["run"]
    with pytest.raises(UsageError, match="which GPUs\\? -accelerators H100:4"):
        cluster("sky", gpus=4)
    with pytest.raises(UsageError, match="-gpus 4 and -accelerators L4:2 differ"):
        cluster("sky", gpus=4, accelerators="L4:2")


def test_setup_prepares_each_machine() -> None:
    assert task()["setup"] == "pip install layerzoo\n"
    assert task(setup="uv sync")["setup"] == "uv sync\n"


def test_submission_is_a_managed_job() -> None:
    made = cluster("sky").submission(Path("a.yaml"))
    assert made == ["sky", "jobs", "launch", "--yes", "--name", "lenet", "a.yaml"]
