"""Run the processes of one attempt by torch's elastic agent."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from torch.distributed.elastic.agent.server.api import RunResult, WorkerSpec, WorkerState
from torch.distributed.elastic.agent.server.local_elastic_agent import LocalElasticAgent
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, Std
from torch.distributed.elastic.rendezvous import (
    RendezvousClosedError,
    RendezvousConnectionError,
    RendezvousHandler,
    RendezvousParameters,
    RendezvousTimeoutError,
)
from torch.distributed.elastic.rendezvous import registry as rendezvous_registry

from layerzoo.connections import GONE, is_own, own_address
from layerzoo.errors import UsageError
from layerzoo.launching.folder import IN_ORDER, VARIABLE, LaunchFolder
from layerzoo.launching.relay import Relay
from layerzoo.launching.request import Request
from layerzoo.ranks import ATTEMPT

_HERE: Final = "127.0.0.1"
_RUN_ID: Final = "layerzoo"
_MEETING_TIME: Final = 900
"""Seconds in which all machines have to come to the rendezvous."""
_GRACE: Final = 5.0
"""Seconds that the other processes have to end once one has died."""
_POLL: Final = 0.1
_TERMINATED: Final = 75
"""The exit code of a process that SIGTERM has stopped."""

for _name in ("torch.distributed.elastic", "torch.distributed.launcher"):  # what it logs is said better here
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


@dataclass(frozen=True)
class Ended:
    """How a process of an attempt has ended.

    Attributes:
        rank, local_rank: its number among all processes, and among those of this machine.
        pid: its number on the machine.
        code: its exit code; negative is the number of the signal that killed it.
        failed: whether the agent saw it fail; it may have seen others that it had ended by then.
    """

    rank: int
    local_rank: int
    pid: int
    code: int
    failed: bool


def make_rendezvous(asked: Request) -> RendezvousHandler:
    """The place where the machines of a launch meet, and agree on the numbers of their processes.

    Raises:
        UsageError: it can't be reached.
    """
    here = _own_address(asked)
    hosts = [asked.is_host] if asked.is_host is not None else [None]
    if asked.rendezvous and asked.is_host is None and is_own(_host(asked)):
        hosts = [True, False]  # torch compares names only; or another launch on this machine holds it
    choices = [
        RendezvousParameters(
            backend="c10d",
            endpoint=asked.rendezvous or f"{_HERE}:0",
            run_id=_RUN_ID,
            min_nodes=asked.machines,
            max_nodes=asked.machines,
            local_addr=here,
            timeout=_MEETING_TIME,
            **({} if is_host is None else {"is_host": is_host}),
        )
        for is_host in hosts
    ]
    if asked.rendezvous:
        _check_name(asked.rendezvous)
    latest = time.monotonic() + _MEETING_TIME
    for parameters in itertools.cycle(choices):
        try:
            return rendezvous_registry.get_rendezvous_handler(parameters)
        except (RendezvousConnectionError, RuntimeError) as error:
            if time.monotonic() < latest:  # the machine that holds it may begin later
                time.sleep(_POLL)
                continue
            raise UsageError(
                f"-rendezvous {asked.rendezvous}: it can't be reached from here ({_first_line(error)}); the "
                "command has to run on that machine too, and the port be open"
            ) from error
    raise AssertionError


def _host(asked: Request) -> str:
    return asked.rendezvous.rpartition(":")[0].strip("[]")


def _own_address(asked: Request) -> str | None:
    """The address at which the other machines reach this one; its name may mean another one there."""
    return own_address(_host(asked)) if asked.rendezvous else _HERE


def _check_name(rendezvous: str) -> None:
    host, _, port = rendezvous.rpartition(":")
    try:
        socket.getaddrinfo(host.strip("[]"), int(port))
    except OSError as error:
        raise UsageError(f"-rendezvous {rendezvous}: unknown host '{host}' ({error.strerror})") from error


def run_attempt(asked: Request, place: RendezvousHandler, folder: LaunchFolder, relay: Relay) -> list[Ended]:
    """Start the processes, and wait until all have ended; how each did that, by rank.

    Args:
        asked: how many.
        place: where the machines meet.
        folder: of the launch.
        relay: passes signals on.

    Raises:
        UsageError: the machines don't meet.
    """
    spec = WorkerSpec(
        role="process",
        local_world_size=asked.processes,
        entrypoint=sys.executable,
        args=("-P", "-m", "layerzoo.cli.launched", str(os.getpid())),
        rdzv_handler=place,
        max_restarts=0,
        monitor_interval=_POLL,
        local_addr=_own_address(asked),
    )
    # of the others than the first, stderr is copied to the terminal, with their names, and kept
    logs = DefaultLogsSpecs(
        log_dir=str(folder.path / "logs"), tee=dict.fromkeys(range(1, asked.processes), Std.ERR)
    )
    agent = LocalElasticAgent(
        spec, logs, log_line_prefix_template="process ${rank}: ", exit_barrier_timeout=60
    )
    workers = agent.get_worker_group

    def pids() -> list[int]:
        return [worker.id for worker in workers().workers if isinstance(worker.id, int)]

    relay.pids = pids
    relay.training = lambda: all(folder.has_begun(worker.global_rank) for worker in workers().workers)
    ended = threading.Event()
    watcher = threading.Thread(target=_end_with_the_first, args=(agent, folder, relay, ended), daemon=True)
    watcher.start()
    try:
        with _environment(folder):
            result = agent.run()
    except RendezvousConnectionError as error:
        if not workers().workers or not pids():
            raise UsageError(_not_met(asked, error)) from error
        result = RunResult(WorkerState.FAILED)
        folder.write_lost(
            workers().workers[0].global_rank,
            f"the connection to machine {_host(asked)}, which holds the rendezvous, is lost: it has ended "
            f"the run, or has not answered for {GONE} s",
        )
    except (RendezvousTimeoutError, RendezvousClosedError) as error:
        raise UsageError(_not_met(asked, error)) from error
    finally:
        ended.set()
        watcher.join()
    found = []
    for worker in workers().workers:
        failure = result.failures.get(worker.global_rank)
        code = folder.code(worker.global_rank)
        if code is None:  # killed: by what the agent saw, or by the agent
            in_order = _TERMINATED if relay.terminated else 0  # on a full disk its code is not known
            silent = in_order if result.state == WorkerState.SUCCEEDED else -int(signal.SIGTERM)
            code = failure.exitcode if failure is not None else silent
        local, pid = worker.local_rank, worker.id if isinstance(worker.id, int) else 0
        found.append(Ended(worker.global_rank, local, pid, code, failure is not None))
    return found


def _end_with_the_first(
    agent: LocalElasticAgent, folder: LaunchFolder, relay: Relay, ended: threading.Event
) -> None:
    """Once a process has died, give the others some seconds, and then kill those that hang.

    The agent waits half a minute; a process may wait for the dead one in a collective call, and can't serve a
    signal then.
    """
    while not ended.wait(_POLL):
        for worker in agent.get_worker_group().workers:
            if not isinstance(worker.id, int) or not _has_ended(worker.id):
                continue
            if folder.code(worker.global_rank) not in IN_ORDER and not ended.wait(_GRACE):
                relay.kill()
                return


def _has_ended(pid: int) -> bool:
    """Whether a child process has ended; leaves its exit code for the agent."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


@contextmanager
def _environment(folder: LaunchFolder) -> Iterator[None]:
    """What the processes find in their environment."""
    given = {
        VARIABLE: str(folder.path),
        ATTEMPT: str(folder.attempt()[0]),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "TORCHELASTIC_SIGNALS_TO_HANDLE": "SIGQUIT",  # the relay handles the others
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    quitting = signal.getsignal(signal.SIGQUIT)
    try:
        yield
    finally:
        signal.signal(signal.SIGQUIT, quitting)
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def close(place: RendezvousHandler) -> None:
    """Tell the other machines that the run is over."""
    with suppress(Exception):  # the machine that holds the rendezvous may be gone
        place.shutdown()


def _not_met(asked: Request, error: Exception) -> str:
    where = f"-rendezvous {asked.rendezvous}"
    match error:
        case RendezvousTimeoutError():
            return (
                f"{where}: fewer than {asked.machines} machines came within {_MEETING_TIME // 60} minutes; "
                "run the same command on each of them"
            )
        case RendezvousClosedError():
            return f"{where}: another machine has ended the run; its own message says why"
    return f"{where}: the connection is lost ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
