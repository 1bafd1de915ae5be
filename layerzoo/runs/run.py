"""Read the folder of a run: its config, progress, state and best scores."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite, nan
from pathlib import Path
from typing import Literal

from layerzoo.errors import DataError, LayerzooError
from layerzoo.loader import load_solver
from layerzoo.runs.caffe_log import ending
from layerzoo.runs.diff import flat
from layerzoo.runs.history import History
from layerzoo.runs.metrics import LOG, METRICS, SUFFIX, read_history
from layerzoo.schema import NetParameter, SolverParameter

CONFIG = "solver.prototxt"
State = Literal["running", "done", "stopped", "interrupted"]
_SNAPSHOT = re.compile(r"iter_(\d+)")
_MAX_DEPTH = 6
_PIDS = 2**31


@dataclass
class Run:
    """One run.

    Attributes:
        path: folder.
        name: display name.
        history: displays and tests, as if the run had not been interrupted.
        solver: resolved config; None if it is missing or can't be read.
        config: fields of the config by path.
    """

    path: Path
    name: str
    history: History
    solver: SolverParameter | None = None
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def snapshots(self) -> list[tuple[int, Path]]:
        """Iteration and folder of its snapshots, valid or not, oldest first."""
        matches = ((_SNAPSHOT.fullmatch(path.name), path) for path in self.path.iterdir())
        return sorted((int(match[1]), path) for match, path in matches if match)

    @property
    def iteration(self) -> int:
        """The last iteration that the files record."""
        iterations = [row.iteration for row in self.history.rows] + [number for number, _ in self.snapshots]
        return max(iterations, default=0)

    @property
    def max_iter(self) -> int:
        """``max_iter`` of the config; 0 if unknown."""
        return self.solver.max_iter if self.solver is not None else 0

    @property
    def seconds(self) -> float:
        """Training time in seconds."""
        return max((row.seconds for row in self.history.rows if isfinite(row.seconds)), default=0.0)

    @cached_property
    def state(self) -> State:
        """State of the run: ``stopped`` by a signal, ``interrupted`` if it neither ended nor is running."""
        with suppress(OSError):
            end = ending(self.path / LOG)
            if end.state:
                return end.state
            return "running" if _is_alive(end.pid) else "interrupted"
        return "done" if 0 < self.max_iter <= self.iteration else "interrupted"

    @property
    def modified(self) -> float:
        """Time of the last write to its log or metrics, in seconds since 1970."""
        files = [self.path / name for name in (METRICS, LOG)]
        return max((file.stat().st_mtime for file in files if file.exists()), default=nan)

    @property
    def best(self) -> dict[str, tuple[float, int]]:
        """Best value of each test output and its iteration; ``name#1`` for the second test net."""
        best: dict[str, tuple[float, int]] = {}
        for row in self.history.rows:
            for output, values in row.outputs.items() if row.net is not None else ():
                name = f"{output}#{row.net}" if row.net else output
                if len(values) != 1 or not isfinite(values[0]):
                    continue
                sign = -1 if self.falls(output) else 1
                if name not in best or sign * values[0] > sign * best[name][0]:
                    best[name] = (values[0], row.iteration)
        return best

    def falls(self, output: str) -> bool:
        """Whether smaller is better, decided by the output's layer type, else by its name."""
        types = self._types.get(output)
        if types is not None:
            return types != "Accuracy"
        return any(word in output.lower() for word in ("loss", "error", "err"))

    @cached_property
    def _types(self) -> dict[str, str]:
        """Layer type of the producer of each blob."""
        if self.solver is None:
            return {}
        nets: list[NetParameter] = [
            self.solver.net_param,
            self.solver.train_net_param,
            *self.solver.test_net_param,
        ]
        return {top: layer.type for net in nets for layer in net.layer for top in layer.top}


def open_run(path: str | os.PathLike[str], name: str = "") -> Run:
    """Open a run by its folder or ``snapshot_prefix``.

    Raises:
        DataError: the path is not the folder of a run.
    """
    path = Path(path)
    if not path.is_dir() and Path(f"{path}{SUFFIX}").is_dir():
        path = Path(f"{path}{SUFFIX}")
    if not path.is_dir():
        raise DataError(f"{path}: no such run; it is a folder whose name ends in {SUFFIX}")
    try:
        history = read_history(path)
    except DataError:
        if not (path / CONFIG).is_file():
            raise
        history = History()
    history.name = name or path.resolve().name.removesuffix(SUFFIX)
    solver = None
    with suppress(LayerzooError, OSError):
        solver = load_solver(path / CONFIG).message
    config = {} if solver is None else flat(solver)
    # Named as for -set: the folder's config holds the net inline, the original named a file.
    config = {re.sub(r"^((?:train_|test_)?net)_param\b", r"\1", path): text for path, text in config.items()}
    return Run(path, history.name, history.continued(), solver, config)


def find_runs(folder: str | os.PathLike[str]) -> list[Run]:
    """All runs in a folder and its subfolders, sorted by path; the folder itself if it is a run.

    Folders that can't be read as runs are left out.

    Raises:
        DataError: the folder is missing.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder")
    runs = []
    for path in sorted(run_folders(folder)):
        inside = path.relative_to(folder) if path != folder else Path(path.resolve().name)
        with suppress(DataError, OSError):
            runs.append(open_run(path, str(inside).removesuffix(SUFFIX)))
    return runs


def run_folders(top: Path) -> Iterator[Path]:
    """The folders of runs in a folder and its subfolders, by their names; the folder itself if it is one."""
    for where, inside, _ in os.walk(top):
        path = Path(where)
        if path.name.endswith(SUFFIX) or (path == top and path.resolve().name.endswith(SUFFIX)):
            inside.clear()
            yield path
        elif len(path.relative_to(top).parts) >= _MAX_DEPTH:
            inside.clear()
        else:
            inside[:] = [name for name in inside if not name.startswith(".")]


def _is_alive(pid: int) -> bool:
    """Whether a process of that id is running on this machine and is a Python process."""
    if not 0 < pid < _PIDS:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except OSError:
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True  # no /proc on this system
    return b"layerzoo" in command or b"python" in command
