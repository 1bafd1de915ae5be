"""Find the folder of the run that a user names."""

from __future__ import annotations

import os
from math import isnan
from pathlib import Path

from layerzoo.errors import UsageError
from layerzoo.runs.metrics import SUFFIX
from layerzoo.runs.run import CONFIG, find_runs


def run_folder(named: str | os.PathLike[str]) -> Path:
    """The folder of a run, named by its path, its ``snapshot_prefix``, or a folder that holds its folder.

    In a folder with several runs, the one that was written to last is taken.

    Raises:
        UsageError: there is no such folder, or it holds no run.
    """
    path = Path(named)
    beside = Path(f"{os.fspath(named).rstrip('/')}{SUFFIX}")
    if path.name.endswith(SUFFIX) and path.is_dir():
        return path
    if beside.is_dir():
        return beside
    if not path.is_dir():
        raise UsageError(
            f"-run {named}: no such folder; expected <snapshot_prefix>{SUFFIX}, or the folder that "
            "`layerzoo new` made"
        )
    if (path / CONFIG).is_file():  # a run's folder under another name
        return path
    runs = [run for run in find_runs(path) if not isnan(run.modified)]
    if not runs:
        solvers = sorted(file.name for file in path.glob("*solver*") if file.is_file())
        hint = f"; train it first: layerzoo train -solver {path / solvers[0]}" if solvers else ""
        raise UsageError(f"-run {named}: this folder holds no run{hint}")
    return max(runs, key=lambda run: run.modified).path
