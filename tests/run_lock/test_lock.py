"""The lock of a run's files: between processes, within one, over forks, and numbered prefixes."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from layerzoo.errors import SnapshotError
from layerzoo.run_lock import RunLock, check_lock, next_free, used_by
from layerzoo.run_lock import lock as run_lock
from layerzoo.run_lock.hold import RunLockedError
from tests.run_lock.holding import Holding


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_lock_of_another_process_is_refused_and_names_it(holding: Holding, tmp_path: Path) -> None:
    process, line = holding("K")
    assert line == "locked K"
    expected = (
        rf"^'K\.run' is used by another run: process {process.pid} on host '\S+', .*holder.* K, "
        r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d; wait until it ends, set another snapshot_prefix, or give -new"
    )
    with pytest.raises(RunLockedError, match=expected):
        RunLock("K").acquire()
    with pytest.raises(RunLockedError):
        RunLock(str(tmp_path / "x/../K")).acquire()
    RunLock("K2").acquire()
    assert used_by("K").startswith(f"process {process.pid} on host")
    process.communicate("\n")
    assert used_by("K") == ""
    assert names(tmp_path) == {".K2.run.lock", ".K2.run.lease"}


def test_lock_of_a_killed_process_is_free_at_once(holding: Holding, tmp_path: Path) -> None:
    process, _ = holding("K")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert names(tmp_path) == {".K.run.lock", ".K.run.lease"}
    with RunLock("K") as lock:
        assert lock.prefix == "K"
    assert names(tmp_path) == set()


def test_lock_is_not_kept_by_a_forked_child_of_a_killed_process(holding: Holding) -> None:
    process, line = holding("K", "fork")
    child = int(line.split()[-1])
    process.send_signal(signal.SIGKILL)
    process.wait()
    try:
        os.kill(child, 0)  # it lives
        RunLock("K").acquire()
    finally:
        os.kill(child, signal.SIGKILL)


def test_lock_is_not_held_by_a_forked_child(tmp_path: Path) -> None:
    with RunLock(str(tmp_path / "K")) as lock:
        child = os.fork()
        if child == 0:
            try:
                lock.release()  # has no effect
                RunLock(lock.prefix).acquire()
            except RunLockedError as error:
                os._exit(0 if f"process {os.getppid()} " in str(error) else 2)
            except BaseException:
                os._exit(3)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert names(tmp_path) == {".K.run.lock", ".K.run.lease"}


def test_lock_is_acquired_several_times_in_a_process(holding: Holding) -> None:
    one, two = RunLock("K"), RunLock("./K")
    with one, two:
        one.acquire()
    assert holding("K")[1].startswith(f"'K.run' is used by another run: process {os.getpid()} ")
    one.release()
    one.release()  # once too often
    assert holding("K")[1] == "locked K"


def test_lock_for_an_object_ends_with_it(tmp_path: Path) -> None:
    class Owner:
        pass

    owner, lock = Owner(), RunLock(str(tmp_path / "K"))
    lock.hold_for(owner)
    lock.hold_for(owner)
    assert names(tmp_path) == {".K.run.lock", ".K.run.lease"}
    del owner
    assert names(tmp_path) == set()
    other = Owner()
    lock.hold_for(other)
    assert len(names(tmp_path)) == 2


def test_lock_in_a_missing_folder(tmp_path: Path) -> None:
    lock = RunLock(str(tmp_path / "a/K"))
    assert not lock.acquire_if_possible()
    assert not names(tmp_path)
    with lock:
        assert names(tmp_path / "a") == {".K.run.lock", ".K.run.lease"}


def test_lock_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no folder")
    with pytest.raises(SnapshotError, match=r"can't write to '.*a' \(.*\); set snapshot_prefix to a folder"):
        RunLock(str(tmp_path / "a/K")).acquire()
    (tmp_path / ".L.run.lock").symlink_to(tmp_path / "a")
    lock = RunLock(str(tmp_path / "L"))
    assert not lock.acquire_if_possible()
    assert (tmp_path / "a").read_text() == "no folder"


def test_lock_is_in_the_folder_of_a_run_whose_parent_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "K.run").mkdir()
    monkeypatch.setattr(run_lock.os, "access", lambda path, _mode: str(path).endswith(".run"))
    with RunLock(str(tmp_path / "K")):
        assert names(tmp_path) == {"K.run"}
        assert names(tmp_path / "K.run") == {".run.lock", ".run.lease"}


def test_next_free_skips_prefixes_that_were_used(tmp_path: Path) -> None:
    for name in ("K.run", "K-3.run", "K-4.run", "M-9.run"):
        (tmp_path / name).mkdir()
    (tmp_path / "K.run/log.txt").write_text("x")
    (tmp_path / "K-2_iter_5.caffemodel").write_text("x")
    (tmp_path / "K-4.run/log.txt").write_text("x")
    free = [next_free(str(tmp_path / "K")) for _ in range(2)]
    assert [Path(lock.prefix).name for lock in free] == ["K-3", "K-3"], "the same process holds it"
    with RunLock(str(tmp_path / "M")):
        assert next_free(str(tmp_path / "N")).prefix == str(tmp_path / "N")
    assert next_free(f"{tmp_path}/new/").prefix == f"{tmp_path}/new/"
    (tmp_path / "new/.run/x").mkdir(parents=True)
    assert next_free(f"{tmp_path}/new/").prefix == f"{tmp_path}/new/2"


def test_next_free_gives_each_of_three_processes_its_own(holding: Holding) -> None:
    processes = [holding.begin("K", "new") for _ in range(3)]  # type: ignore[attr-defined]
    lines = {process.stdout.readline().strip() for process in processes}
    assert lines == {"locked K", "locked K-2", "locked K-3"}


def test_check_lock_finds_a_lock_that_was_taken(tmp_path: Path) -> None:
    prefix = str(tmp_path / "K")
    check_lock(prefix)  # without a lock
    with RunLock(prefix):
        check_lock(prefix)
        record = (tmp_path / ".K.run.lock").read_text()
        (tmp_path / ".K.run.lock").write_text(re.sub(r'"pid": \d+', '"pid": 7', record))
        with pytest.raises(RunLockedError, match=r"another run has taken '.*K\.run': process 7 on host"):
            check_lock(prefix)
    assert '"pid": 7' in (tmp_path / ".K.run.lock").read_text(), "the other's file stays"
