"""What is asked of a launch: processes, machines, restarts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from layerzoo.errors import UsageError

_LAST_PORT = 65535


@dataclass(frozen=True)
class Request:
    """The processes to start.

    Attributes:
        processes: on this machine.
        machines: that train together; the command is run on each.
        rendezvous: ``HOST:PORT`` where the machines meet; empty for a single one.
        is_host: whether this machine is ``HOST``; None lets torch compare the names.
        restarts: how often the run may be started again after a process has died.
    """

    processes: int
    machines: int = 1
    rendezvous: str = ""
    is_host: bool | None = None
    restarts: int = 0


def request(
    gpus: tuple[int, ...] | Literal["all"] | None,
    processes: int | None,
    machines: int | None,
    rendezvous: str | None,
    restarts: int,
    count_gpus: Callable[[], int],
    environment: Mapping[str, str],
) -> Request | None:
    """The processes that flags ask for; None if this process is to train alone.

    Where the flags don't say, the variables of torchrun's flags do (``PET_NNODES`` and others, which Kubeflow
    sets).

    Args:
        gpus: the indices of ``-gpu``, ``()`` for none.
        processes, machines, rendezvous, restarts: the flags; None where not given.
        count_gpus: the number of GPUs of this machine; asked only where it matters.
        environment: the variables.

    Raises:
        UsageError: the flags contradict each other or the machine.
    """
    is_host = None
    if machines is None and rendezvous is None and environment.get("PET_MASTER_ADDR"):
        count = environment.get("PET_NNODES", "1")
        if not count.isdecimal():
            raise UsageError(
                f"PET_NNODES={count}: expected a number of machines; a range of them, as torchrun takes it, "
                "would change the batch of an update"
            )
        machines = int(count)
        rendezvous = f"{environment['PET_MASTER_ADDR']}:{environment.get('PET_MASTER_PORT', '29400')}"
        is_host = environment.get("PET_NODE_RANK") == "0" if "PET_NODE_RANK" in environment else None
        rendezvous = rendezvous if machines > 1 else None
    _check_machines(machines, rendezvous)
    number = _processes(gpus, processes, count_gpus)
    if number == 1 and not rendezvous and not restarts:
        return None
    return Request(number, machines or 1, rendezvous or "", is_host, restarts)


def _processes(
    gpus: tuple[int, ...] | Literal["all"] | None, processes: int | None, count_gpus: Callable[[], int]
) -> int:
    if gpus == "all":
        found = count_gpus()
        if not found:
            raise UsageError("-gpu all: torch detects no GPUs; -processes N starts N processes on the CPU")
        number = found
    elif gpus:
        if len(set(gpus)) < len(gpus):
            raise UsageError(f"-gpu {','.join(map(str, gpus))} names a GPU twice; each process needs its own")
        if len(gpus) > 1 and max(gpus) >= count_gpus():
            raise UsageError(
                f"-gpu {','.join(map(str, gpus))}: torch detects {count_gpus() or 'no'} GPUs; "
                "-processes N -gpu none starts N processes on the CPU"
            )
        number = len(gpus)
    else:
        return processes or 1
    if processes not in {None, number}:
        raise UsageError(f"-gpu names {number} GPUs and -processes {processes}: each GPU has one process")
    return number


def _check_machines(machines: int | None, rendezvous: str | None) -> None:
    if (machines or 1) > 1 and not rendezvous:
        raise UsageError(
            f"-machines {machines} needs -rendezvous HOST:PORT, one of their names and a free port there, "
            "the same on each"
        )
    if not rendezvous:
        return
    if machines is None:
        raise UsageError(
            f"-rendezvous {rendezvous} needs -machines N, the number of machines that meet there"
        )
    host, colon, port = rendezvous.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) <= _LAST_PORT):
        raise UsageError(f"-rendezvous {rendezvous}: expected HOST:PORT, such as node1:29400")
