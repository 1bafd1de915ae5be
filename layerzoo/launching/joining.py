"""Join processes that another program has started: torchrun, a cluster's tools, or SLURM's srun."""

from __future__ import annotations

import re
from collections.abc import MutableMapping

_FIRST_PORT = 20000
_PORTS = 20000


def join(environment: MutableMapping[str, str], meeting: bool = False) -> bool:
    """Whether another program has started this process beside others that train with it.

    torchrun and Kubernetes' operators set ``RANK`` and ``WORLD_SIZE``. Of a step of SLURM with several tasks
    these variables are set here, so that ``srun -n 8 layerzoo train …`` trains in 8 processes.

    Args:
        environment: the variables of this process.
        meeting: the machines meet at a rendezvous of their own; a task of SLURM is a machine then, which
            starts its processes itself.
    """
    if "RANK" in environment and "WORLD_SIZE" in environment:
        return True
    tasks = environment.get("SLURM_STEP_NUM_TASKS", "1")
    if meeting or "SLURM_STEP_ID" not in environment or not tasks.isdecimal() or int(tasks) < 2:
        return False
    host = first_host(environment.get("SLURM_STEP_NODELIST", ""))
    job, step = environment.get("SLURM_JOB_ID", "0"), environment["SLURM_STEP_ID"]
    environment.update(
        {
            "RANK": environment["SLURM_PROCID"],
            "WORLD_SIZE": tasks,
            "LOCAL_RANK": environment["SLURM_LOCALID"],
            "LOCAL_WORLD_SIZE": _tasks_here(environment),
        }
    )
    environment.setdefault("MASTER_ADDR", host)
    environment.setdefault("MASTER_PORT", str(_FIRST_PORT + (int(job) * 31 + int(step)) % _PORTS))
    return True


def first_host(nodes: str) -> str:
    """The first host of a list of SLURM's, such as ``node[01-03,7],login``."""
    first = re.split(r",(?![^\[]*\])", nodes)[0]
    return re.sub(r"\[(\d+)[^\]]*\]", r"\1", first)


def _tasks_here(environment: MutableMapping[str, str]) -> str:
    """The number of tasks on this machine, from a list such as ``4(x2),3``."""
    node = int(environment.get("SLURM_NODEID", "0"))
    counts: list[str] = []
    for part in environment.get("SLURM_STEP_TASKS_PER_NODE", "1").split(","):
        count, _, times = part.partition("(x")
        counts += [count] * int(times.rstrip(")") or 1)
    return counts[min(node, len(counts) - 1)]
