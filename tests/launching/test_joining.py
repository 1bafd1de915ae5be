"""Processes that other programs have started."""

from __future__ import annotations

import pytest

from layerzoo.launching.joining import first_host, join

STEP = {
    "SLURM_STEP_ID": "2",
    "SLURM_STEP_NUM_TASKS": "8",
    "SLURM_STEP_NODELIST": "gpu[07-08]",
    "SLURM_STEP_TASKS_PER_NODE": "4(x2)",
    "SLURM_PROCID": "5",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
    "SLURM_JOB_ID": "1234",
}


def test_variables_of_torchrun_are_joined_as_they_are() -> None:
    variables = {"RANK": "1", "WORLD_SIZE": "2"}
    assert join(variables)
    assert variables == {"RANK": "1", "WORLD_SIZE": "2"}


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"RANK": "0"},
        {"SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "7"},  # the script of a batch job
        {**STEP, "SLURM_STEP_NUM_TASKS": "1"},
    ],
)
def test_single_process_joins_nothing(variables: dict[str, str]) -> None:
    before = dict(variables)
    assert not join(variables)
    assert variables == before


def test_tasks_of_a_step_of_slurm_are_joined() -> None:
    variables = dict(STEP)
    assert join(variables)
    assert {name: value for name, value in variables.items() if name not in STEP} == {
        "RANK": "5",
        "WORLD_SIZE": "8",
        "LOCAL_RANK": "1",
        "LOCAL_WORLD_SIZE": "4",
        "MASTER_ADDR": "gpu07",
        "MASTER_PORT": str(20000 + (1234 * 31 + 2) % 20000),
    }


def test_task_of_slurm_that_goes_to_a_rendezvous_is_a_machine() -> None:
    variables = dict(STEP)
    assert not join(variables, meeting=True)
    assert variables == STEP
    assert join({"RANK": "1", "WORLD_SIZE": "2"}, meeting=True), "it has been there"


def test_uneven_tasks_of_slurm_are_counted_by_machine() -> None:
    variables = {**STEP, "SLURM_STEP_TASKS_PER_NODE": "4,3(x2)", "SLURM_NODEID": "2"}
    assert join(variables)
    assert variables["LOCAL_WORLD_SIZE"] == "3"


@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("login", "login"),
        ("a,b,c", "a"),
        ("node[01-03,7],login", "node01"),
        ("node[7,9]", "node7"),
        ("rack[2-3]node[4-5]-x,other", "rack2node4-x"),
    ],
)
def test_first_host_of_a_list_of_slurm(nodes: str, first: str) -> None:
    assert first_host(nodes) == first
