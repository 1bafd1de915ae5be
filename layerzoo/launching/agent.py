"""Run the processes of one attempt by torch's elastic agent."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from torch.distributed import DistError
from torch.distributed.elastic.agent.server.api import RunResult, Worker, WorkerSpec, WorkerState
from torch.distributed.elastic.agent.server.local_elastic_agent import LocalElasticAgent
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, Std
from torch.distributed.elastic.rendezvous import RendezvousConnectionError, RendezvousHandler

from layerzoo.launching.folder import IN_ORDER, VARIABLE, LaunchFolder
from layerzoo.launching.machines import Machines
from layerzoo.launching.relay import Relay
from layerzoo.launching.request import Request
from layerzoo.launching.verdict import TERMINATED, Ended, Report, killed
from layerzoo.ranks import ATTEMPT

_GRACE: Final = 5.0
"""Seconds that the other processes have to end once one has died."""
_POLL: Final = 0.1

for _name in ("torch.distributed.elastic", "torch.distributed.launcher"):  # what it logs is said better here
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


def run_attempt(
    asked: Request, place: RendezvousHandler, machines: Machines, folder: LaunchFolder, relay: Relay
) -> Report:
    """Start the processes, and wait until all have ended; how they did that.

    Args:
        asked: how many.
        place: where the machines have met.
        machines: tell each other when a process has failed.
        folder: of the launch.
        relay: passes signals on.
    """
    spec = WorkerSpec(
        role="process",
        local_world_size=asked.processes,
        entrypoint=sys.executable,
        args=("-P", "-m", "layerzoo.cli.launched", str(os.getpid())),
        rdzv_handler=place,
        max_restarts=0,
        monitor_interval=_POLL,
    )
    # of the others than the first, stderr is copied to the terminal, with their names, and kept
    logs = DefaultLogsSpecs(
        log_dir=str(folder.path / "logs"), tee=dict.fromkeys(range(1, asked.processes), Std.ERR)
    )
    agent = LocalElasticAgent(  # the machines wait for each other once all processes have ended
        spec, logs, log_line_prefix_template="process ${rank}: ", exit_barrier_timeout=1
    )
    workers = agent.get_worker_group

    def pids() -> list[int]:
        return [worker.id for worker in workers().workers if isinstance(worker.id, int)]

    relay.pids = pids
    relay.training = lambda: all(folder.has_begun(worker.global_rank) for worker in workers().workers)
    guard = _Guard(agent, machines, folder, relay)
    guard.start()
    try:
        with _environment(folder):
            result = agent.run()
    except (RendezvousConnectionError, DistError):  # the other machines can't be reached
        result = RunResult(WorkerState.FAILED)
    finally:
        guard.end()
        relay.pids = tuple
    report = _report(workers().workers, result, guard.has_killed, folder, relay)
    if any(each.code not in IN_ORDER for each in report.ended):  # the agent may have seen it first
        machines.tell_failed()
    return report


def _report(
    workers: Sequence[Worker], result: RunResult, killed_here: bool, folder: LaunchFolder, relay: Relay
) -> Report:
    """How the processes have ended."""
    ended = []
    for worker in workers:
        rank, pid = worker.global_rank, worker.id if isinstance(worker.id, int) else 0
        failure, code = result.failures.get(rank), folder.code(rank)
        if code is None:  # killed: by what the agent saw, or by the agent
            in_order = TERMINATED if relay.terminated else 0  # on a full disk its code is not known
            silent = in_order if result.state == WorkerState.SUCCEEDED else -int(signal.SIGTERM)
            code = failure.exitcode if failure is not None else silent
        failed = failure is not None and not (killed_here and code == -signal.SIGKILL)
        ended.append(Ended(rank, worker.local_rank, pid, code, failed, folder.lost(rank)))
    ranks = [each.rank for each in ended]
    dead = killed(ended)
    return Report(
        socket.gethostname(),
        ended,
        begun=any(folder.has_begun(rank) for rank in ranks),
        prefix=folder.begun_prefix(ranks),
        words=[] if dead is None else folder.last_words(dead.local_rank),
        stopped=signal.SIGINT if relay.interrupted else signal.SIGTERM if relay.terminated else 0,
    )


class _Guard:
    """Once a process has died, gives the others some seconds, and then kills those that hang.

    The agent waits half a minute; a process may wait for the dead one in a collective call, and can't serve a
    signal then. The dead one may be of another machine.

    Args:
        agent, machines, folder, relay: see `run_attempt`.

    Attributes:
        has_killed: whether processes were killed.
    """

    def __init__(
        self, agent: LocalElasticAgent, machines: Machines, folder: LaunchFolder, relay: Relay
    ) -> None:
        self._agent, self._machines, self._folder, self._relay = agent, machines, folder, relay
        self.has_killed = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """All have ended."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_POLL):
            if self._has_failed():
                self._machines.tell_failed()
            elif not self._machines.failed:
                if self._workers() and self._relay.training():
                    self._machines.tell_begun()
                continue
            if not self._ended.wait(_GRACE):
                self.has_killed = not self._has_failed()
                self._relay.kill()
            return

    def _has_failed(self) -> bool:
        """Whether a process of this machine has failed."""
        return any(
            _has_ended(pid) and self._folder.code(rank) not in IN_ORDER for rank, pid in self._workers()
        )

    def _workers(self) -> list[tuple[int, int]]:
        workers = self._agent.get_worker_group().workers
        return [(each.global_rank, each.id) for each in workers if isinstance(each.id, int)]


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
