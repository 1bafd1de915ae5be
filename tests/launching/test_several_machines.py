"""Two launches on this machine stand for two machines: what is lost, stopped or refused on one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from layerzoo.snapshot import list_snapshots
from tests.launching.launches import (
    DEADLINE,
    SOLVER,
    children,
    errors,
    finish,
    free_place,
    last,
    start,
    train,
    wait_for,
    weights,
    write_configs,
)

SLOW = SOLVER + "debug_info: true\n"
"""Slower, so that a signal comes in time."""
CLOCK = """
import datetime, time
real = time.time
time.time = lambda: real() + {shift}
class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds={shift})
    @classmethod
    def utcnow(cls):
        return super().utcnow() + datetime.timedelta(seconds={shift})
datetime.datetime = Shifted
"""


class Pair:
    """Launches in one folder that meet at one place; the first is the host."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.place = folder, free_place()
        self.launches: list[subprocess.Popen[str]] = []

    def start(self, *flags: str, path: str = "") -> subprocess.Popen[str]:
        """Start one more."""
        words = ("-processes", "1", "-machines", "2", "-rendezvous", self.place, *flags)
        self.launches.append(start(self.folder, *words, path=path))
        return self.launches[-1]

    def start_host(self, *flags: str) -> subprocess.Popen[str]:
        """Start the first, and wait until it listens."""
        host = self.start(*flags)
        port, deadline = f":{int(self.place.rpartition(':')[2]):04X} ", time.monotonic() + DEADLINE
        while not any(port in Path(f"/proc/net/{kind}").read_text() for kind in ("tcp", "tcp6")):
            assert time.monotonic() < deadline
            assert host.poll() is None, finish(host)
            time.sleep(0.05)
        return host

    def start_both(self, *flags: str) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
        """Start the host, and then the other one."""
        return self.start_host(*flags), self.start(*flags)


@pytest.fixture
def pair(folder: Path) -> Iterator[Pair]:
    """Two launches in a folder with a net and its solver."""
    launches = Pair(folder)
    yield launches
    for each in launches.launches:
        with suppress(ProcessLookupError):
            each.kill()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """The weights of a run of two processes that nothing disturbs."""
    whole = tmp_path_factory.mktemp("whole")
    write_configs(whole)
    assert train(whole, "-processes", "2")[0] == 0
    return weights(whole)


def _assert_same(folder: Path, expected: dict[str, torch.Tensor]) -> None:
    assert last(folder) == 200
    for name, blob in weights(folder).items():
        torch.testing.assert_close(blob, expected[name], rtol=0, atol=0)


def _wait_for_restart(folder: Path, number: int) -> None:
    """Wait until a restart has begun to train."""
    deadline = time.monotonic() + DEADLINE
    while True:
        log = (folder / "r.run" / "log.txt").read_text()
        if "Iteration " in log.partition(f"Restart {number}: ")[2]:
            return
        assert time.monotonic() < deadline, log
        time.sleep(0.05)


def test_process_that_is_killed_on_either_machine_restarts_both(
    pair: Pair, undisturbed: dict[str, torch.Tensor]
) -> None:
    (pair.folder / "solver.yaml").write_text(SLOW)
    host, other = pair.start_both("-restarts", "3")
    wait_for(pair.folder, "Snapshotting to")
    os.kill(children(other)[0], signal.SIGKILL)
    _wait_for_restart(pair.folder, 1)
    os.kill(children(host)[0], signal.SIGKILL)
    ends = [finish(each) for each in (host, other)]
    assert [code for code, _ in ends] == [0, 0], ends
    for _, log in ends:
        assert "process 1 of 2 on machine " in log, log
        assert "was killed by SIGKILL; starting again from the newest snapshot (restart 1 of 3)" in log
        assert "process 0 of 2 on machine " in log
        assert "was killed by SIGKILL; starting again from the newest snapshot (restart 2 of 3)" in log
        assert errors(log) == []
    _assert_same(pair.folder, undisturbed)


def test_process_that_is_killed_ends_both_machines_soon(pair: Pair) -> None:
    both = pair.start_both("-set", "max_iter=1000000")
    wait_for(pair.folder, "Iteration 60 ")
    pid = children(both[1])[0]
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    ends = [finish(each) for each in both]
    assert time.monotonic() - began < 60  # the figure is 10 seconds
    for code, log in ends:
        assert code == 1
        [error] = errors(log)
        assert f"(pid {pid}) was killed by SIGKILL, as the system does" in error, log
        assert error.endswith("the same command with -resume auto goes on from the newest snapshot")


def test_process_that_hangs_when_one_of_another_machine_dies_is_killed(pair: Pair) -> None:
    host, other = pair.start_both("-set", "max_iter=1000000")
    wait_for(pair.folder, "Iteration 10 ")
    os.kill(children(host)[0], signal.SIGSTOP)
    pid = children(other)[0]
    os.kill(pid, signal.SIGKILL)
    for code, log in [finish(each) for each in (host, other)]:
        assert code == 1
        assert f"(pid {pid}) was killed by SIGKILL" in errors(log)[0], log


@pytest.mark.parametrize("lost", [0, 1])
def test_machine_whose_launch_was_killed_comes_back(
    pair: Pair, undisturbed: dict[str, torch.Tensor], lost: int
) -> None:
    (pair.folder / "solver.yaml").write_text(SLOW)
    both = pair.start_both("-restarts", "2")
    wait_for(pair.folder, "Snapshotting to")
    os.kill(both[lost].pid, signal.SIGKILL)
    both[lost].communicate()
    again = pair.start("-restarts", "2")
    code, log = finish(both[1 - lost])
    assert code == 0, log
    assert finish(again)[0] == 0
    assert "was killed" in log
    assert (
        "; starting again from the newest snapshot (restart 1 of 2), once the same command runs again on "
        in log
    )
    _assert_same(pair.folder, undisturbed)


def test_machine_whose_launch_was_killed_is_told_without_restarts(pair: Pair) -> None:
    host, other = pair.start_both("-set", "max_iter=1000000")
    wait_for(pair.folder, "Iteration 60 ")
    os.kill(host.pid, signal.SIGKILL)
    host.communicate()
    code, log = finish(other)
    assert code == 1, log
    [error] = errors(log)
    assert "error: the connection to machine 127.0.0.1, which holds the rendezvous, is lost" in error
    assert error.endswith("the same command with -resume auto goes on from the newest snapshot")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 75)])
@pytest.mark.parametrize("asked", [0, 1])
def test_signal_on_one_machine_stops_both_with_one_snapshot(
    pair: Pair, number: signal.Signals, code: int, asked: int
) -> None:
    both = pair.start_both("-restarts", "2", "-set", "max_iter=1000000", "-set", "snapshot=0")
    wait_for(pair.folder, "Iteration 10 ")
    both[asked].send_signal(number)
    ends = [finish(each) for each in both]
    assert [each[0] for each in ends] == [code, code], ends
    assert len(list_snapshots(pair.folder / "r.run")) == 1
    told = [error for _, log in ends for error in errors(log)]
    assert len(told) == (1 if code else 0), ends


def test_signal_while_the_other_machine_is_awaited_ends_the_launch(pair: Pair) -> None:
    host = pair.start_host("-restarts", "2")
    host.send_signal(signal.SIGINT)
    assert finish(host)[0] == 130


def test_mistake_ends_both_machines_without_a_restart(pair: Pair) -> None:
    (pair.folder / "solver.yaml").write_text(SOLVER.replace("momentum", "moment"))
    ends = [finish(each) for each in pair.start_both("-restarts", "2")]
    assert [code for code, _ in ends] == [2, 2], ends
    assert sum(log.count("did you mean 'momentum'?") for _, log in ends) == 1, ends
    assert any("has ended the run; its own message says why" in log for _, log in ends), ends


def test_machine_with_other_flags_is_refused_on_both(pair: Pair) -> None:
    host = pair.start_host("-restarts", "2", "-set", "max_iter=20")
    code, log = finish(pair.start("-restarts", "1", "-set", "max_iter=20"))
    assert code == 2
    [error] = errors(log)
    assert "-restarts 1 on machine " in error
    assert ", but -restarts 2 on machine " in error
    assert finish(pair.start("-restarts", "2", "-set", "max_iter=20"))[0] == 0
    code, log = finish(host)
    assert code == 0
    assert "was refused: -rendezvous " in log


def test_further_launch_at_the_same_place_is_refused(pair: Pair) -> None:
    both = pair.start_both("-set", "max_iter=1000000")
    wait_for(pair.folder, "Iteration 10 ")
    code, log = finish(pair.start("-set", "max_iter=1000000"))
    assert code == 2
    assert f"-rendezvous {pair.place}: another launch has its 2 machines there; give another port" in log, log
    assert [each.poll() for each in both] == [None, None]
    both[0].send_signal(signal.SIGINT)
    assert [finish(each)[0] for each in both] == [0, 0]


@pytest.mark.parametrize("shift", [60, -60, 3600])
def test_clocks_may_be_apart(
    pair: Pair, undisturbed: dict[str, torch.Tensor], tmp_path: Path, shift: int
) -> None:
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK.format(shift=shift))
    (pair.folder / "solver.yaml").write_text(SLOW)
    host = pair.start_host("-restarts", "1")
    other = pair.start("-restarts", "1", path=str(tmp_path / "clock"))
    wait_for(pair.folder, "Snapshotting to")
    os.kill(children(other)[0], signal.SIGKILL)
    ends = [finish(each) for each in (host, other)]
    assert [code for code, _ in ends] == [0, 0], ends
    _assert_same(pair.folder, undisturbed)
