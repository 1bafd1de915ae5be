"""The folder of a run, ``<snapshot_prefix>.run/``."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count
from pathlib import Path

from layerzoo.atomic import remove_leftovers, write_atomic
from layerzoo.disk import LineFile, unwritable
from layerzoo.errors import SnapshotError
from layerzoo.loader import Document, emit
from layerzoo.log import to_file
from layerzoo.net.absolute_paths import with_absolute_paths
from layerzoo.net.plain import plain_net
from layerzoo.schema import NetParameter, SolverParameter
from layerzoo.snapshot import list_snapshots
from layerzoo.solver.callbacks.callback import Displayed, Output
from layerzoo.solver.testing.pooled import Scores

log = logging.getLogger("layerzoo")

METRICS = "metrics.jsonl"
LOG = "log.txt"
CONFIG = "solver.prototxt"
NET = "net.prototxt"
LABELS = "labels.txt"
"""Names of the classes, one per line."""
INPUTS = "inputs.prototxt"
"""The data layer with what it learned from its source."""


SOURCE = "source"
"""The folder of a config's files as they were written, if it has blocks."""


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
        self._metrics = LineFile(path / METRICS)
        with self._writing():
            remove_run_leftovers(path)
            if fresh and path.exists() and any(path.iterdir()):
                _set_aside(path)
            self.path.mkdir(parents=True, exist_ok=True)
            self._metrics.open()

    def describe(
        self,
        param: SolverParameter,
        document: Document[SolverParameter] | None,
        class_names: Sequence[str] = (),
        inputs: str = "",
    ) -> None:
        """Write the resolved solver, its net, the names of the classes, and the fitted data layer.

        They make the folder independent of the original files and of the working folder: sources of data are
        named by absolute paths.

        Raises:
            SnapshotError: they can't be written.
        """
        solver = SolverParameter()
        solver.CopyFrom(param)
        nets = document.nets if document is not None else {}
        beside = document.path.parent if document is not None and document.path is not None else None
        for field in ("net_param", "train_net_param"):
            if solver.HasField(field):
                getattr(solver, field).CopyFrom(with_absolute_paths(getattr(solver, field), beside))
        for index, tested_param in enumerate(solver.test_net_param):
            solver.test_net_param[index].CopyFrom(with_absolute_paths(tested_param, beside))
        for key, field in (("net", "net_param"), ("train_net", "train_net_param")):
            if nets.get(key):
                solver.ClearField(key)
                getattr(solver, field).CopyFrom(_absolute(nets[key][0]))
        for tested in nets.get("test_net", ()):
            solver.test_net_param.add().CopyFrom(_absolute(tested))
        solver.ClearField("test_net")
        net = solver.net_param if solver.HasField("net_param") else solver.train_net_param
        with self._writing():
            write_atomic(self.path / CONFIG, emit(solver, "prototxt"))
            write_atomic(self.path / NET, emit(net, "prototxt"))
            if class_names:
                write_atomic(self.path / LABELS, "".join(f"{name}\n" for name in class_names))
            if inputs:
                write_atomic(self.path / INPUTS, inputs)
            if document is not None:
                self._keep_sources(document)

    def _keep_sources(self, document: Document[SolverParameter]) -> None:
        """Copy the files of a config with blocks as they were written."""
        nets = [net for several in document.nets.values() for net in several if net.path != document.path]
        if not document.blocks and not any(net.blocks for net in nets):
            return
        kept: dict[str, str] = {}
        for number, sources in enumerate((document.sources(), *(net.sources() for net in nets))):
            taken = any(kept.get(name, text) != text for name, text in sources.items())
            beside = f"{number}/" if taken else ""  # files of one name in several folders
            kept |= {beside + name: text for name, text in sources.items()}
        for name, text in kept.items():
            target = self.path / SOURCE / name
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(target, text.encode("utf-8", "surrogateescape"))

    def logging(self, begin: int | None = None) -> AbstractContextManager[None]:
        """Append what a block logs to the folder's log; lines that can't be written are lost.

        Args:
            begin: a `layerzoo.log.position`; the lines logged since then come first.
        """
        return to_file(self.path / LOG, begin)

    def record(self, row: Mapping[str, object]) -> None:
        """Append one line to the metrics; NaN and infinities become null.

        Raises:
            OSError: it can't be written.
        """
        self._metrics.append(json.dumps(_finite(row), separators=(",", ":")))

    def truncate(self, iteration: int, tested: bool = False) -> None:
        """Remove metrics from ``iteration`` on, which a resumed run will write again.

        Args:
            iteration: where the run resumes.
            tested: that iteration was tested before, and its test is not repeated.

        Raises:
            SnapshotError: they can't be read or written.
        """
        path = self.path / METRICS
        with self._writing():
            lines = path.read_text("utf-8", errors="replace").splitlines()
            kept = [line for line in lines if _before(line, iteration, tested)]
            self._metrics.close()
            write_atomic(path, "".join(line + "\n" for line in kept))

    def close(self) -> None:
        """Sync and close all files."""
        with suppress(OSError):
            self._metrics.sync()
        self._metrics.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn an OSError in a block into a SnapshotError."""
        try:
            yield
        except OSError as error:
            raise SnapshotError(unwritable(self.path, error)) from error


def remove_run_leftovers(path: Path) -> None:
    """Delete what killed runs have left in a run's folder, its snapshots, and beside it of Caffe's files."""
    removed = remove_leftovers(path)
    for _, snapshot in list_snapshots(path):
        removed += remove_leftovers(snapshot)
    removed += remove_leftovers(path.parent, f"{path.name.removesuffix('.run')}_iter_")
    if removed:
        log.info("Removed what a killed run has left: %s", ", ".join(one.name for one in removed))


def _absolute(document: Document[NetParameter]) -> NetParameter:
    return with_absolute_paths(plain_net(document), document.path.parent if document.path else None)


def _set_aside(path: Path) -> None:
    stem, numbers = path.name.removesuffix(".run"), count(1)
    free = next(p for n in numbers if not (p := path.with_name(f"{stem}.{n}.run")).exists())
    path.rename(free)
    log.info("Renamed the folder of an earlier run to %s", free)


class Recorder(Output):
    """Writes ``metrics.jsonl``: one object per line, for each display and each test.

    ``{"iteration": 100, "phase": "TRAIN", "seconds": 1.5, "loss": 0.25, "lr": 0.01, "outputs": {…},
    "data_wait": 0.01}``, where the last is the share of the time in which the net waited for data, and
    ``"epoch": 4.4``, the passes through the data, if the size of its source is known. A solver of
    several updates has ``"updates": {"generate": {"loss": 0.7, "lr": 0.001}}``.

    Args:
        folder: the run's folder.
        epoch: iterations in a pass through the data; 0 if unknown.
    """

    title = METRICS
    retries = True

    def __init__(self, folder: RunFolder, epoch: float = 0.0) -> None:
        super().__init__()
        self.folder = folder
        self._begun = time.perf_counter()
        self._epoch = epoch

    def displayed(self, shown: Displayed) -> None:
        """Write a line for the training net."""
        wait = round(shown.data_wait, 4)
        values: dict[str, object] = {
            "loss": shown.loss,
            "lr": shown.lr,
            "outputs": shown.outputs,
            "data_wait": wait,
        }
        if shown.updates:
            values["updates"] = shown.updates
        self._record(shown.iteration, "TRAIN", **values)

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
