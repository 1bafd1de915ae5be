"""The files of a lock: file systems without flock, and machines that don't see each other's flock."""

from __future__ import annotations

import errno
import logging
import signal
from pathlib import Path

import pytest

from layerzoo.run_lock import RunLock, hold, record
from layerzoo.run_lock.hold import Hold, RunLockedError
from tests.run_lock.holder import SHORT_LEASE, SHORT_RENEWAL, without_flock
from tests.run_lock.holding import Holding


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> str:
    """Makes flock fail in this process; returns the holder's option for the same."""
    monkeypatch.setattr("fcntl.flock", None)  # to be restored
    without_flock(errno.ENOLCK)
    return f"errno={errno.ENOLCK}"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process and the holder with ``boot=other`` are on different machines; leases are short."""
    for module in (hold, record):
        monkeypatch.setattr(module, "boot", lambda: "this")
        monkeypatch.setattr(module, "pid_namespace", lambda: "this")
    monkeypatch.setattr(hold, "LEASE", SHORT_LEASE)
    monkeypatch.setattr(hold, "RENEWAL", SHORT_RENEWAL)


@pytest.mark.parametrize("error", ["ENOSYS", "ENOLCK", "EOPNOTSUPP"])
def test_lease_protects_a_run_without_flock(
    holding: Holding, no_flock: str, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    process, line = holding("K", f"errno={getattr(errno, error)}")
    assert line == "locked K"
    with caplog.at_level(logging.INFO), pytest.raises(RunLockedError, match=f"process {process.pid} on host"):
        RunLock("K").acquire()
    assert "waiting" not in caplog.text, "a process of this machine that lives is refused at once"
    process.send_signal(signal.SIGKILL)
    process.wait()
    with RunLock("K"), caplog.at_level(logging.INFO):
        assert holding("K", no_flock)[1].startswith("'K.run' is used by another run")
    assert "waiting" not in caplog.text, "that of a dead one is taken at once"


def test_lease_without_flock_is_not_kept_by_a_forked_child(holding: Holding, no_flock: str) -> None:
    process, _ = holding("K", no_flock, "fork")
    process.send_signal(signal.SIGKILL)
    process.wait()
    RunLock("K").acquire()


@pytest.mark.usefixtures("elsewhere", "no_flock")
def test_lease_of_another_machine_is_refused_once_it_is_renewed(
    holding: Holding, no_flock: str, caplog: pytest.LogCaptureFixture
) -> None:
    process, _ = holding("K", no_flock, "boot=other", "fast")
    with caplog.at_level(logging.INFO), pytest.raises(RunLockedError, match=f"process {process.pid} "):
        RunLock("K").acquire()
    assert "an earlier run has not released its lock: process" in caplog.text
    assert "waiting up to 3 s" in caplog.text


@pytest.mark.usefixtures("elsewhere", "no_flock")
def test_lease_of_another_machine_ends_when_it_is_not_renewed(holding: Holding, no_flock: str) -> None:
    process, _ = holding("K", no_flock, "boot=other", "fast")
    process.send_signal(signal.SIGSTOP)  # it neither renews nor is known to be dead
    RunLock("K").acquire()
    process.send_signal(signal.SIGCONT)


def test_lease_protects_from_a_machine_that_does_not_see_the_flock(holding: Holding, elsewhere: None) -> None:
    process, _ = holding("K", "errno=38", "boot=other", "fast")
    with pytest.raises(RunLockedError, match=f"process {process.pid} "):
        RunLock("K").acquire()


def test_lease_left_in_another_container_is_taken_with_the_flock(
    holding: Holding, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    process, _ = holding("K")
    process.send_signal(signal.SIGKILL)
    process.wait()
    lease = Path(".K.run.lease")
    lease.write_text(lease.read_text().replace("host=", "host=container-"))
    with caplog.at_level(logging.INFO):
        RunLock("K").acquire()
    assert "waiting" not in caplog.text, "the kernel has released its flock"


def test_is_lost_when_another_process_has_taken_the_lease(tmp_path: Path) -> None:
    held = Hold(str(tmp_path / ".K.run"), "K.run")
    assert not held.is_lost()
    lease = tmp_path / ".K.run.lease"
    lease.write_text(lease.read_text().replace("token=", "token=0"))
    assert held.is_lost()
    held.release()
    assert (tmp_path / ".K.run.lock").exists(), "it is the other's"


@pytest.mark.parametrize("text", ["", "cut off in the mid"])
def test_lease_that_was_cut_off_while_it_was_written_ends(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "LEASE", SHORT_LEASE)
    monkeypatch.setattr(hold, "RENEWAL", SHORT_RENEWAL)
    (tmp_path / ".K.lease").write_text(text)
    held = Hold(str(tmp_path / ".K"), "K")
    assert not held.is_lost()
    held.release()


def test_lease_that_cannot_be_written_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def acquire(self: Hold) -> None:
        Path(self._lease.lock_file).touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Hold, "_take_lease", acquire)
        with pytest.raises(OSError, match="No space"):
            Hold(str(tmp_path / ".K"), "K")
    assert not (tmp_path / ".K.lease").exists()
    Hold(str(tmp_path / ".K"), "K").release()


def test_release_deletes_the_files(tmp_path: Path) -> None:
    held = Hold(str(tmp_path / ".K.run"), "K.run")
    assert len(list(tmp_path.iterdir())) == 2
    held.release()
    assert list(tmp_path.iterdir()) == []
