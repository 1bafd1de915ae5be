"""Disks that are full, read-only or failing: training continues, and the last good snapshot is kept."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import resource
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from layerzoo.errors import SnapshotError
from layerzoo.loader import parse_solver
from layerzoo.snapshot import find_newest, list_snapshots, read_snapshot, verify_snapshot
from layerzoo.solver import Callback, Displayed, Scores, Solver, UnsavedError
from layerzoo.solver.snapshots.saver import set_aside_later

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TRAIN }
        dataset_param { name: "digits" size: 8 batch_size: 16 } }
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TEST }
        dataset_param { name: "digits" size: 8 split: "test" batch_size: 100 } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 100 weight_filler { type: "xavier" } } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "acc" type: "Accuracy" bottom: "b" bottom: "t" top: "acc" include { phase: TEST } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "b" bottom: "t" top: "l" }
"""
FORMS = ["", "snapshot_format: BINARYPROTO", "snapshot_format: HDF5"]


def solver(folder: Path, text: str = "") -> Solver:
    base = 'base_lr: 0.02 momentum: 0.9 lr_policy: "fixed" random_seed: 5 solver_mode: CPU display: 1'
    return Solver(parse_solver(f'{base} snapshot_prefix: "{folder}/r" {text} net_param {{ {NET} }}'))


class At(Callback):
    """Calls functions at the displays of given iterations."""

    def __init__(self, things: Mapping[int, Callable[[], object]]) -> None:
        self.things = things

    def displayed(self, shown: Displayed) -> None:
        self.things.get(shown.iteration, lambda: None)()


def _settled(s: Solver, thing: Callable[[], object]) -> None:
    s.saver.settle(wait=True)
    thing()


def train(folder: Path, things: Mapping[int, Callable[[], object]], text: str) -> int:
    """Ten iterations with a snapshot after every second one."""
    s = solver(folder, f"max_iter: 10 snapshot: 2 {text}")
    s.callbacks.members.append(At({n: partial(_settled, s, thing) for n, thing in things.items()}))
    code = s.solve()
    assert s.iteration == 10, "training went on"
    return code


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A separate file system of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    try:
        subprocess.run(["mount", *options], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def warnings(caplog: pytest.LogCaptureFixture, begin: str = "The snapshot") -> list[str]:
    found = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    return [message for message in found if message.startswith(begin)]


@pytest.mark.parametrize("form", FORMS)
def test_save_on_a_full_disk(small_disk: Path, form: str, caplog: pytest.LogCaptureFixture) -> None:
    assert train(small_disk, {4: lambda: fill(small_disk)}, form) == 5
    said = warnings(caplog)
    assert [line.split(" can't be written")[0] for line in said] == [
        "The snapshot of iteration 6", "The snapshot of iteration 8", "The snapshot of iteration 10",
        "The snapshot of iteration 10",
    ]  # fmt: skip
    reason = r"No space left on device \(.* free on the disk of '.*'\), and \d+\.\d KiB needed"
    assert all(re.search(reason, line) for line in said), said
    run = small_disk / "r.run"
    assert [iteration for iteration, _ in list_snapshots(run)] == [2, 4]
    assert find_newest(run) == run / "iter_4"
    assert read_snapshot(run / "iter_4").iteration == 4
    assert not list(run.glob(".*")), "nothing half-written stays to fill the disk"


@pytest.mark.parametrize("form", FORMS)
def test_save_after_the_disk_was_full(small_disk: Path, form: str, caplog: pytest.LogCaptureFixture) -> None:
    text = f"{form} keep_param {{ last: 1 best: 0 }}"
    things = {4: lambda: fill(small_disk), 8: (small_disk / "filler").unlink}
    assert train(small_disk, things, text) == 0
    assert len(warnings(caplog)) == 2
    assert [iteration for iteration, _ in list_snapshots(small_disk / "r.run")] == [10]
    rows = (small_disk / "r.run/metrics.jsonl").read_text().splitlines()
    assert json.loads(rows[-1])["iteration"] == 9, "the metrics go on, too"


def test_save_in_a_folder_that_became_read_only(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = str(small_disk / "r.run")

    def make_read_only() -> None:
        subprocess.run(["mount", "--bind", run, run], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", run], check=True)

    assert train(small_disk, {4: make_read_only}, "") == 5
    assert len(warnings(caplog)) == 4
    assert all("Read-only file system" in line for line in warnings(caplog))
    assert find_newest(run) == Path(run) / "iter_4"
    with pytest.raises(SnapshotError, match=r"can't write to .*Read-only file system"):
        solver(small_disk, "max_iter: 20").solve("auto")
    subprocess.run(["umount", run], check=True)
    assert solver(small_disk, "max_iter: 10").solve("auto") == 0, "from there it goes on"
    assert find_newest(run) == Path(run) / "iter_10"


def test_save_with_a_failing_fsync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    assert train(tmp_path, {4: lambda: monkeypatch.setattr(os, "fsync", fail)}, "") == 5
    assert len(warnings(caplog)) == 4
    assert "The snapshot of iteration 6 can't be written: Input/output error" in warnings(caplog)
    assert [iteration for iteration, _ in list_snapshots(tmp_path / "r.run")] == [2, 4]
    verify_snapshot(tmp_path / "r.run/iter_4")


@pytest.mark.parametrize("form", FORMS)
def test_save_under_a_limit_on_file_size(tmp_path: Path, form: str, caplog: pytest.LogCaptureFixture) -> None:
    """The effect of a quota, without root rights."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int) -> Callable[[], None]:
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    try:
        code = train(tmp_path, {2: limit(10_000), 6: limit(before[0])}, form)
    finally:
        limit(before[0])()
    assert code == 0
    assert len(warnings(caplog)) == 2, warnings(caplog)
    assert all("File too large" in line or "too large" in line for line in warnings(caplog))
    assert [iteration for iteration, _ in list_snapshots(tmp_path / "r.run")] == [2, 8, 10]


def test_solve_returns_5_after_a_failed_last_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    disk_fails = {7: lambda: monkeypatch.setattr("layerzoo.solver.snapshots.saver.write_snapshot", fail)}
    assert train(tmp_path, disk_fails, "snapshot_after_train: false") == 5


def test_keep_param_goes_by_scores(tmp_path: Path) -> None:
    s = solver(tmp_path, "max_iter: 12 snapshot: 2 test_interval: 2 keep_param { last: 1 every: 8 best: 1 }")
    noted: dict[int, float] = {}

    class Note(Callback):
        def tested(self, iteration: int, index: int, scores: Scores) -> None:
            noted[iteration] = scores.values["acc"][0]

    s.callbacks.members.append(Note())
    s.solve()
    best = max(sorted(noted, reverse=True), key=lambda i: noted[i] if i else -1)
    kept = {iteration: read_snapshot(path).score for iteration, path in list_snapshots(tmp_path / "r.run")}
    assert kept == {i: noted[i] for i in {8, 12, best}}, "each with the score of its own test"
    assert s.scoring.score is not None
    assert s.scoring.score.best == max(noted.values())


def test_score_of_a_snapshot_between_tests_is_the_last(tmp_path: Path) -> None:
    s = solver(tmp_path, "max_iter: 5 snapshot: 3 test_interval: 2")
    s.solve()
    assert s.scoring.score is not None
    snapshot = read_snapshot(tmp_path / "r.run/iter_3")
    assert snapshot.score == snapshot.parts["score"]["last"]
    assert snapshot.parts["train"]["tested_at"] == 2
    final = read_snapshot(tmp_path / "r.run/iter_5")
    assert final.score == s.scoring.score.last, "the final params are tested"
    assert final.score != snapshot.score


def test_log_lines_come_in_the_order_of_caffe(tmp_path: Path) -> None:
    """``Snapshotting solver state`` follows each ``Snapshotting to``; the file exists by then."""
    found: list[tuple[str, bool]] = []
    waiting: str | None = None

    class Reader(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            nonlocal waiting
            message = record.getMessage()
            if waiting is not None:
                found.append((message.partition(" to ")[0], Path(waiting).is_file()))
            started = message.startswith("Snapshotting to ")
            waiting = message.split()[-1] if started else None

    reader = Reader()
    logging.getLogger("layerzoo").addHandler(reader)
    try:
        solver(tmp_path, "max_iter: 4 snapshot: 2 snapshot_format: BINARYPROTO").solve()
    finally:
        logging.getLogger("layerzoo").removeHandler(reader)
    assert found == [("Snapshotting solver state", True)] * 2
    assert [path.name for _, path in list_snapshots(tmp_path / "r.run")] == ["iter_2", "iter_4"]


def test_set_aside_later_leaves_the_snapshot_that_a_run_goes_on_from(tmp_path: Path) -> None:
    for name in ("iter_2", "iter_4", "iter_6", "iter_6.aside"):
        (tmp_path / name).mkdir()
    set_aside_later(tmp_path, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "iter_2",
        "iter_4",
        "iter_6.aside",
        "iter_6.aside.2",
    ]


def test_check_room_refuses_a_run_whose_snapshots_do_not_fit(small_disk: Path) -> None:
    s = solver(small_disk, "max_iter: 2")
    size = s.run.snapshot_bytes
    assert size == 2 * 4 * (64 * 100 + 100 + 100 * 10 + 10), "weights and history"
    (small_disk / "filler").write_bytes(b"x" * (400 * 1024 - size - 8192))
    with pytest.raises(
        SnapshotError, match=r"no snapshot of this run can be written: 74.7 KiB needed, .* free"
    ):
        s.solve()
    assert s.iteration == 0
    assert [path.name for path in small_disk.iterdir()] == ["filler"], "an earlier run stays where it is"
    without = solver(small_disk, "max_iter: 2 snapshot_after_train: false")
    assert without.solve() == 0, "no snapshot is needed"


@pytest.mark.parametrize(
    ("text", "factor"),
    [("", 2), ("ema_param { decay: 0.5 }", 3), ("snapshot_format: HDF5", 4), ("type: 'Adam'", 3)],
)
def test_snapshot_bytes_is_the_size_of_what_is_written(tmp_path: Path, text: str, factor: int) -> None:
    s = solver(tmp_path, f"max_iter: 1 {text}".replace("momentum", ""))
    s.solve()
    written = sum(
        path.stat().st_size for path in tmp_path.rglob("*") if "iter_" in str(path) and path.is_file()
    )
    assert s.run.snapshot_bytes == factor * 4 * 7510
    assert 0 <= written - s.run.snapshot_bytes < 20_000, "besides names and settings"


def test_unsaved_error_names_the_snapshot_to_continue_from(small_disk: Path) -> None:
    s = solver(small_disk, "max_iter: 10 snapshot: 2")
    s.callbacks.members.append(At({4: lambda: _settled(s, lambda: fill(small_disk))}))
    assert s.solve() == 5
    message = str(UnsavedError(s.saver, s.run_path, s.iteration))
    assert re.fullmatch(
        r"the last snapshot, of iteration 10, could not be written to '.*r\.run': No space left on device "
        r"\(.* free on the disk of '.*'\), and 58\.7 KiB needed; once that is fixed, run the same command "
        "with -resume auto, which continues from iteration 4",
        message,
    )
    s.saver.failure = "x"
    assert str(UnsavedError(s.saver, small_disk / "none", 10)).endswith("starts from the beginning")
