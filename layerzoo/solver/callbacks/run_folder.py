"""The folder of a run, ``<snapshot_prefix>.run/``."""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from itertools import count
from pathlib import Path
from secrets import token_hex

from layerzoo.atomic import write_atomic
from layerzoo.errors import SnapshotError
from layerzoo.loader import Document, emit
from layerzoo.log import to_file
from layerzoo.schema import SolverParameter
from layerzoo.solver.callbacks.callback import Callback, Displayed
from layerzoo.solver.testing.tester import Scores

log = logging.getLogger("layerzoo")

METRICS = "metrics.jsonl"
LOG = "log.txt"
CONFIG = "solver.prototxt"
NET = "net.prototxt"


class RunFolder:
    """The folder of one run: resolved config, metrics, log and native snapshots.

    Args:
        path: the path, ``<snapshot_prefix>.run``.
        fresh: a new run begins; the folder of an earlier one is renamed to ``<snapshot_prefix>.1.run``.

    Raises:
        SnapshotError: the folder can't be created or written to.
    """

    def __init__(self, path: Path, fresh: bool = False) -> None:
        self.path = path
        probe = self.path / f".probe.{token_hex(4)}"
        try:
            if fresh and path.exists() and any(path.iterdir()):
                _set_aside(path)
            self.path.mkdir(parents=True, exist_ok=True)
            probe.write_text("x")
            probe.unlink()
        except OSError as error:
            raise SnapshotError(
                f"can't write to '{self.path}' ({error.strerror}); "
                "set snapshot_prefix to a folder that can be written to"
            ) from error
        self._metrics = (self.path / METRICS).open("a", encoding="utf-8")

    def describe(self, param: SolverParameter, document: Document[SolverParameter] | None) -> None:
        """Write the resolved solver and its net, which make the folder independent of the original files."""
        solver = SolverParameter()
        solver.CopyFrom(param)
        nets = document.nets if document is not None else {}
        for key, field in (("net", "net_param"), ("train_net", "train_net_param")):
            if nets.get(key):
                solver.ClearField(key)
                getattr(solver, field).CopyFrom(nets[key][0].message)
        for tested in nets.get("test_net", ()):
            solver.test_net_param.add().CopyFrom(tested.message)
        solver.ClearField("test_net")
        write_atomic(self.path / CONFIG, emit(solver, "prototxt"))
        net = solver.net_param if solver.HasField("net_param") else solver.train_net_param
        write_atomic(self.path / NET, emit(net, "prototxt"))

    def logging(self) -> AbstractContextManager[None]:
        """Append what a block logs to the folder's log; lines that can't be written are lost."""
        return to_file(self.path / LOG)

    def record(self, row: Mapping[str, object]) -> None:
        """Append one line to the metrics and flush it; NaN and infinities become null."""
        try:
            self._metrics.write(json.dumps(_finite(row), separators=(",", ":")) + "\n")
            self._metrics.flush()
        except OSError:
            pass  # a full disk must not end a run; the snapshot warns about it

    def truncate(self, iteration: int, tested: bool = False) -> None:
        """Remove metrics from ``iteration`` on, which a resumed run will write again.

        Args:
            iteration: where the run resumes.
            tested: that iteration was tested before, and its test is not repeated.
        """
        path = self.path / METRICS
        kept = [line for line in path.read_text("utf-8").splitlines() if _before(line, iteration, tested)]
        self._metrics.close()
        write_atomic(path, "".join(line + "\n" for line in kept))
        self._metrics = path.open("a", encoding="utf-8")

    def close(self) -> None:
        """Flush and close all files."""
        if not self._metrics.closed:
            with suppress(OSError):
                self._metrics.flush()
                os.fsync(self._metrics.fileno())
            with suppress(OSError):
                self._metrics.close()  # which flushes again


def _set_aside(path: Path) -> None:
    stem, numbers = path.name.removesuffix(".run"), count(1)
    free = next(p for n in numbers if not (p := path.with_name(f"{stem}.{n}.run")).exists())
    path.rename(free)
    log.info("Renamed the folder of an earlier run to %s", free)


class Recorder(Callback):
    """Writes ``metrics.jsonl``: one object per line, for each display and each test.

    ``{"iteration": 100, "phase": "TRAIN", "seconds": 1.5, "loss": 0.25, "lr": 0.01, "outputs": {…}}``, and
    ``"epoch": 4.4``, the passes through the data, if the size of its source is known.

    Args:
        folder: the run's folder.
        epoch: iterations in a pass through the data; 0 if unknown.
    """

    def __init__(self, folder: RunFolder, epoch: float = 0.0) -> None:
        self.folder = folder
        self._begun = time.perf_counter()
        self._epoch = epoch

    def displayed(self, shown: Displayed) -> None:
        """Write a line for the training net."""
        self._record(shown.iteration, "TRAIN", loss=shown.loss, lr=shown.lr, outputs=shown.outputs)

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        """Write a line for a test net."""
        loss = scores.loss if any(scores.weights.values()) else None
        self._record(iteration, "TEST", net=index, loss=loss, outputs=scores.values)

    def _record(self, iteration: int, phase: str, **values: object) -> None:
        seconds = round(time.perf_counter() - self._begun, 3)
        row = {"iteration": iteration, "phase": phase, "seconds": seconds, **values}
        if self._epoch:
            row["epoch"] = round(iteration / self._epoch, 6)
        self.folder.record(row)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return value


def _before(line: str, iteration: int, tested: bool) -> bool:
    try:
        row = json.loads(line)
    except ValueError:
        return False  # incomplete after a power failure
    at = row.get("iteration", -1)
    if not isinstance(at, int):
        return False
    return at < iteration or (tested and at == iteration and row.get("phase") == "TEST")
