"""Trouble of whole launches: full disks, folders that can't be written, and two launches of one run."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

import pytest

from layerzoo.snapshot import list_snapshots, read_snapshot, verify_snapshot
from tests.launching.launches import NET, SOLVER
from tests.processes import ROOT

DEADLINE = 120
SECONDS = 20
"""Within which trouble is told, on a machine that does other work too."""
LONG = ("-set", "max_iter=100000000")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a net and its solver, whose run stands in ``disk``."""
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "solver.yaml").write_text(
        SOLVER.replace("snapshot_prefix: r", "snapshot_prefix: disk/r\nkeep_param: {last: 2}")
    )
    (tmp_path / "disk").mkdir()
    (tmp_path / "temporary").mkdir()
    return tmp_path


@contextmanager
def _file_system(folder: Path, limit: str) -> Iterator[Path]:
    """A file system with a limit, such as ``size=400k``, at a folder."""
    options = ["-t", "tmpfs", "-o", limit, "tmpfs", str(folder)]
    try:
        subprocess.run(["mount", *options], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a file system needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass


class Launch:
    """A launch of two processes that goes on beside the test; what it logs is in a file.

    Args:
        folder: with the solver.
        name: of the file.
        flags: further flags of ``layerzoo train``.
        temporary: the folder of temporary files.
    """

    def __init__(self, folder: Path, name: str, *flags: str, temporary: Path | None = None) -> None:
        self.log = folder / name
        given = {"TMPDIR": str(temporary)} if temporary is not None else {}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "layerzoo",
                    "train",
                    "-solver",
                    "solver.yaml",
                    "-processes",
                    "2",
                    *flags,
                ],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **given},
                stdout=log,
                stderr=log,
            )

    def waited_for(self, text: str) -> AbstractContextManager[None]:
        """`wait_for`, among the contexts of a block."""
        self.wait_for(text)
        time.sleep(2)  # until it listens
        return nullcontext()

    def wait_for(self, text: str, seconds: float = DEADLINE) -> None:
        """Wait until it has logged a text."""
        end = time.monotonic() + seconds
        while text not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, f"no '{text}' in {self.log.read_text()}"
            time.sleep(0.05)

    def finish(self, number: signal.Signals | None = None) -> tuple[int, str]:
        """Send a signal, and wait for the end; exit code and what was logged."""
        if number is not None:
            self.process.send_signal(number)
        try:
            self.process.wait(DEADLINE)
        finally:
            self.process.kill()
        return self.process.returncode, self.log.read_text()


@contextmanager
def _launched(folder: Path, name: str, *flags: str, temporary: Path | None = None) -> Iterator[Launch]:
    """A launch, which is ended with the block."""
    launch = Launch(folder, name, *flags, temporary=temporary)
    try:
        yield launch
    finally:
        launch.process.kill()
        launch.process.wait()


def _lines(log: str, text: str) -> list[str]:
    return [line for line in log.splitlines() if text in line]


def test_full_disk_of_the_run_is_told_once_and_keeps_the_last_snapshot(folder: Path) -> None:
    with _file_system(folder / "disk", "size=400k"), _launched(folder, "a", *LONG) as launch:
        launch.wait_for("Snapshotting to")
        _fill(folder / "disk")
        launch.wait_for("can't be written: No space left on device", SECONDS)
        code, log = launch.finish(signal.SIGINT)
        assert code == 5, log
        told = _lines(log, "The snapshot of iteration")
        assert len({line.split("iteration ")[1].split()[0] for line in told[:-1]}) == len(told) - 1, log
        assert not _lines(log, "process 1:")
        assert len(_lines(log, "error: ")) == 1, log
        assert "Traceback" not in log
        last = list_snapshots(folder / "disk" / "r.run")[-1]
        verify_snapshot(last[1])
        assert read_snapshot(last[1]).iteration == last[0] >= 50
        (folder / "disk" / "filler").unlink()
        more = ("-resume", "auto", "-set", f"max_iter={last[0] + 20}")
        with _launched(folder, "b", *more) as again:
            code, log = again.finish()
        assert code == 0, log
        assert list_snapshots(folder / "disk" / "r.run")[-1][0] == last[0] + 20


def test_full_disk_of_temporary_files_of_a_machine_does_not_end_the_training(folder: Path) -> None:
    """Also the exit code is that of a stop with a snapshot, so that schedulers start the job again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    machines = ("-processes", "1", "-machines", "2", "-rendezvous", place, *LONG)
    with (
        _file_system(folder / "temporary", "size=400k") as temporary,
        _launched(folder, "a", *machines) as launch,
        launch.waited_for("Waiting for 2 machines"),  # so that it runs the main process
        _launched(folder, "b", *machines, temporary=temporary) as other,
    ):
        launch.wait_for("Iteration 10 ")
        _fill(temporary)
        launch.wait_for("Snapshotting to")
        other.process.send_signal(signal.SIGTERM)
        there, logged = other.finish()
        code, log = launch.finish()
    assert (code, there) == (75, 75), log + logged
    assert "Traceback" not in log + logged
    last = list_snapshots(folder / "disk" / "r.run")[-1][0]
    assert len(_lines(log + logged, f"error: stopped by SIGTERM at iteration {last}")) == 1, log + logged
    assert len(_lines(log + logged, "error: ")) == 1, log + logged


def test_full_disk_of_logs_does_not_end_the_training(folder: Path) -> None:
    """What another process than the first writes to stderr is copied to a file of the temporary folder."""
    with (
        _file_system(folder / "temporary", "size=400k") as temporary,
        _launched(folder, "a", *LONG, temporary=temporary) as launch,
    ):
        launch.wait_for("Iteration 10 ")
        _fill(temporary)
        launch.wait_for("Snapshotting to")
        code, log = launch.finish(signal.SIGTERM)
    assert code == 75, log
    assert "Traceback" not in log
    assert len(_lines(log, "error: ")) == 1, log
    assert list_snapshots(folder / "disk" / "r.run")


def test_folder_of_logs_that_is_gone_does_not_end_the_training(folder: Path) -> None:
    with _launched(folder, "a", *LONG, temporary=folder / "temporary") as launch:
        launch.wait_for("Iteration 10 ")
        (launched,) = (folder / "temporary").glob("layerzoo-launch-*")
        launched.rename(folder / "elsewhere")
        launch.wait_for("Snapshotting to")
        code, log = launch.finish(signal.SIGINT)
    assert code == 0, log
    assert "Traceback" not in log


@pytest.mark.parametrize("files", [2, 4, 9])
def test_temporary_folder_with_no_room_at_the_start_is_told_once(folder: Path, files: int) -> None:
    """A file system for so few files is full when the folder, a record or the logs are made."""
    with _file_system(folder / "temporary", f"nr_inodes={files}") as temporary:
        with _launched(folder, "a", temporary=temporary) as launch:
            code, log = launch.finish()
        assert not list(temporary.iterdir())
    assert code == 1, log
    (error,) = _lines(log, "error: ")
    assert "the processes can't be started: can't write" in error
    assert "No space left on device" in error
    assert "set TMPDIR to a folder on another disk" in error
    assert "Traceback" not in log


def test_second_launch_of_a_run_is_refused_and_names_the_first(folder: Path) -> None:
    with _launched(folder, "a", *LONG) as first:
        first.wait_for("Iteration 10 ")
        with _launched(folder, "b", *LONG) as second:
            began = time.monotonic()
            code, log = second.finish()
        assert time.monotonic() - began < DEADLINE
        assert code == 1, log
        errors = _lines(log, "error: ")
        assert len(errors) == 1, log
        assert "Traceback" not in log
        main = re.search(r"process (\d+)", errors[0])
        children = f"/proc/{first.process.pid}/task/{first.process.pid}/children"
        assert main is not None, log
        assert main[1] in Path(children).read_text().split()
        assert socket.gethostname() in errors[0], log
        code, log = first.finish(signal.SIGINT)
    assert code == 0, log
    number, path = list_snapshots(folder / "disk" / "r.run")[-1]
    assert read_snapshot(path).iteration == number
