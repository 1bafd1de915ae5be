"""What a job runs on each machine."""

from __future__ import annotations

import pytest

from layerzoo.jobs import Job
from layerzoo.jobs.job import default_name
from tests.jobs.jobs import train

TRAIN = ["layerzoo", "train", "-solver", "configs/lenet_solver.yaml", "-resume", "auto"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, ["-gpu", "none"]),
        ({"gpus": 1}, ["-gpu", "0"]),
        ({"gpus": 4}, ["-gpu", "all"]),
        ({"processes": 2}, ["-gpu", "none", "-processes", "2"]),
        ({"machines": 3, "gpus": 1}, ["-gpu", "all", "-machines", "3"]),
    ],
)
def test_words_say_where_it_computes(asked: dict[str, int], words: list[str]) -> None:
    assert Job("lenet", train(), **asked).words() == [*TRAIN, *words]


def test_words_end_with_where_machines_find_each_other() -> None:
    job = Job("lenet", train(), machines=2, gpus=8)
    assert job.words("head:29500")[-4:] == ["-machines", "2", "-rendezvous", "head:29500"]
    assert (job.connected, job.several) == (True, True)
    assert (Job("a", train()).connected, Job("a", train()).several) == (False, False)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("configs/lenet_solver.yaml", "lenet"),
        ("My Net_solver.prototxt", "my-net"),
        ("plans/adam_tune.yaml", "adam"),
        ("3d.yaml", "layerzoo-3d"),
        ("Ä.yaml", "layerzoo"),
        ("a" * 60 + ".yaml", "a" * 40),
        ("a" * 39 + "_b.yaml", "a" * 39),
    ],
)
def test_default_name_is_that_of_the_config(file: str, name: str) -> None:
    assert default_name(file) == name
