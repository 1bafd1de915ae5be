"""Jobs that tests share."""

from __future__ import annotations

from typing import Any

from layerzoo.jobs import CLUSTERS, Cluster, Job, JobCommand
from layerzoo.jobs.job_command import Train


def train(*words: str, **flags: str) -> Train:
    """``train -solver configs/lenet_solver.yaml`` with further words, and the flags that they are."""
    given = {
        name: tuple(value.split()) for name, value in {"solver": "configs/lenet_solver.yaml", **flags}.items()
    }
    return Train(("-solver", "configs/lenet_solver.yaml", *words), given)


def cluster(on: str, command: JobCommand | None = None, **asked: Any) -> Cluster:
    """A job on a cluster: fields of `Job`, and settings of the cluster, which are checked."""
    kind = CLUSTERS[on]
    own = {one.name: one.checked(asked.pop(one.name, None)) for one in kind.settings}
    asked["gpus"] = kind.gpus(asked.get("gpus"), own)
    return kind(Job(asked.pop("name", "lenet"), command or train(), settings=own, **asked))
