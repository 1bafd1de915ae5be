"""Dry runs, which write nothing to the run's folder."""

from __future__ import annotations

import re
import resource
import tempfile
from pathlib import Path

import pytest

from layerzoo import disk
from layerzoo.errors import DataError, SnapshotError
from layerzoo.loader import load_solver
from layerzoo.solver import Solver
from layerzoo.solver.trials.dry_run import dry_run


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solver(*overrides: str) -> Solver:
    return Solver(load_solver("configs/mlp_solver.yaml", ("solver_mode=CPU", *overrides)))


def test_dry_run_runs_and_reports_each_part(in_folder: Path) -> None:
    lines = list(dry_run(solver("snapshot_format=HDF5")))
    kinds = [line.split(":")[0] for line in lines if not line.startswith(" ")]
    assert [re.sub("'.*'", "'...'", kind) for kind in kinds] == [
        "net '...'", "memory", "train step", "test net #0", "snapshot",
        f"the run would write to {solver().run_path}",
    ]  # fmt: skip
    assert re.fullmatch(r"train step: loss = \d\.\d+, lr = [\d.]+, \d+ ms the first time", lines[2])
    assert any(line.startswith("    #0: accuracy = ") for line in lines)
    assert not list(in_folder.iterdir()), "nothing is left"


def test_dry_run_raises_the_error_of_a_run() -> None:
    s = solver()
    s.net.ordered_layers()[-1].register_forward_pre_hook(
        lambda _, bottoms: (bottoms[0], bottoms[1] + 7)  # labels up to 16
    )
    with pytest.raises(DataError, match="out of range; 0 to 9 exist"):
        list(dry_run(s))


def test_dry_run_reports_a_folder_that_is_not_writable(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    *_, last = dry_run(solver())
    assert last.endswith(f"which is not possible: {in_folder} can't be written to")


def test_dry_run_on_a_full_temporary_disk_names_it_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = solver()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(SnapshotError) as error:
            list(dry_run(s))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    size = disk.readable(s.run.snapshot_bytes)
    assert str(error.value) == (
        f"the snapshot of a dry run, {size}, can't be written to a folder in '{tmp_path}': File too large "
        "(the limit of this process, ulimit -f); set the environment variable TMPDIR to a folder with room "
        "for it"
    )


def test_dry_run_without_a_temporary_folder_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", fail)
    with pytest.raises(SnapshotError, match=r"No usable temporary directory.* TMPDIR"):
        list(dry_run(solver()))


def test_dry_run_of_a_run_whose_snapshots_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda path: 10)
    with pytest.raises(SnapshotError, match=r"no snapshot of this run .* needed, 10 B free on"):
        list(dry_run(solver()))
