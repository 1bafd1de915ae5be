"""Gathers a run's summary and columns from its folder, all anew or only what has been added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan
from pathlib import Path
from typing import Final

from layerzoo.runs import METRICS, Row, Run, open_run, parse_row
from layerzoo.runs.history import History
from layerzoo.studio.index.columns import TRAIN, Numbers, X, columns, extended
from layerzoo.studio.index.summary import Notes, Progress, Score, Summary, id_of, thinned

SPARK: Final = 48
_RATE_ROWS: Final = 20
_PIECE: Final = 1 << 22
Columns = dict[int, dict[str, Numbers]]


@dataclass
class Gathered:
    """A run as far as it has been read.

    Attributes:
        run: the run, with the rows that were read last.
        summary: as lists show it.
        columns: its curves, by test net or `TRAIN`.
        offset: bytes of its metrics that have been read.
        last: seconds of the last row; infinite for a run that was resumed, whose file counts anew.
    """

    run: Run
    summary: Summary
    columns: Columns
    offset: int
    last: float


def gather(path: Path, name: str) -> Gathered:
    """Read a run's folder.

    Raises:
        DataError: it is no run.
        OSError: it can't be read.
    """
    metrics = path / METRICS
    size = metrics.stat().st_size if metrics.is_file() else 0
    run = open_run(path, name)
    rows = run.history.rows
    found = columns(rows)
    summary = Summary(id_of(path), str(path), name)
    started = run.history.starts
    shown = max((row.seconds for row in rows if not isnan(row.seconds)), default=0.0)
    read = Gathered(run, summary, found, size, shown if len(started) == 1 else float("inf"))
    _summarise(read)
    return read


def follow(read: Gathered) -> bool:
    """Read what has been added to a run's metrics; False if the folder must be read anew."""
    path = read.run.path / METRICS
    size = path.stat().st_size if path.is_file() else 0
    if size < read.offset or size - read.offset > _PIECE:
        return False
    if size > read.offset:
        with path.open("rb") as file:
            file.seek(read.offset)
            data = file.read(size - read.offset)
        whole = data[: data.rfind(b"\n") + 1]
        rows = [row for line in whole.decode(errors="replace").splitlines() if (row := parse_row(line))]
        if not _continues(read, rows):
            return False
        read.offset += len(whole)
        for net, more in columns(rows).items():
            read.columns[net] = extended(read.columns[net], more) if net in read.columns else more
        best = read.run.best
        read.run = replace(read.run, history=History(read.run.name, rows))
        read.run.history.rows = [*_best_rows(best), *rows]
    else:
        read.run = replace(read.run)  # forgets the state that it has cached
    _summarise(read)
    return True


def _continues(read: Gathered, rows: Sequence[Row]) -> bool:
    """Whether rows come after those that were read, of the same start of the run."""
    reached = {net: some["iteration"][-1] for net, some in read.columns.items() if len(some["iteration"])}
    for row in rows:
        net = TRAIN if row.net is None else row.net
        if row.iteration <= reached.get(net, -1) or row.seconds < read.last:
            return False
        reached[net] = row.iteration
        read.last = read.last if isnan(row.seconds) else row.seconds
    return True


def _best_rows(best: dict[str, tuple[float, int]]) -> list[Row]:
    """Rows with the best scores so far, which stand for all rows before."""
    rows = []
    for name, (value, iteration) in best.items():
        output, _, net = name.partition("#")
        rows.append(Row(iteration, int(net or 0), outputs={output: [value]}))
    return rows


def _summarise(read: Gathered) -> None:
    """Bring a summary up to what has been read."""
    summary, run = read.summary, read.run
    train = read.columns.get(TRAIN, {})
    summary.state, progress = run.state, summary.progress
    progress.max_iter = run.max_iter
    progress.iteration = max(
        (int(some["iteration"][-1]) for some in read.columns.values() if len(some["iteration"])), default=0
    )
    progress.iteration = max([progress.iteration, *(number for number, _ in run.snapshots)])
    seconds = [some["seconds"][-1] for some in read.columns.values() if len(some["seconds"])]
    progress.seconds = max((float(value) for value in seconds if isfinite(value)), default=0.0)
    modified = run.modified
    summary.modified = 0.0 if isnan(modified) else modified
    progress.left_s = _left(train, progress) if summary.state == "running" else None
    summary.scores = {name: [value, float(at)] for name, (value, at) in run.best.items()}
    _choose_score(summary, run)
    loss = train.get("loss")
    if loss is not None:
        finite = loss[abs(loss) < 1e30]
        summary.spark = thinned([float(f"{value:.5g}") for value in finite], SPARK)
        summary.loss = float(finite[-1]) if len(finite) else None
    named: dict[str, None] = {}
    for some in read.columns.values():
        named |= dict.fromkeys(name for name in some if name not in X)
    summary.quantities = list(named)
    if run.solver is not None:
        summary.kind = run.solver.type
        net = run.solver.net_param if run.solver.HasField("net_param") else run.solver.train_net_param
        summary.net = net.name
    summary.notes = Notes.of(run.path)


def _choose_score(summary: Summary, run: Run) -> None:
    """Take the output that a run is judged by: the first that should rise, else the first."""
    rising = [name for name in summary.scores if not run.falls(name.partition("#")[0])]
    for name in [*rising, *summary.scores][:1]:
        value, at = summary.scores[name]
        summary.score = Score(name, value, int(at))


def _left(train: dict[str, Numbers], progress: Progress) -> float | None:
    """Seconds to the end, at the speed of the last displays."""
    if not progress.max_iter or len(train.get("iteration", ())) < 2:
        return None
    iterations, seconds = train["iteration"][-_RATE_ROWS:], train["seconds"][-_RATE_ROWS:]
    done, took = iterations[-1] - iterations[0], seconds[-1] - seconds[0]
    if not (done > 0 and took > 0):
        return None
    return float((progress.max_iter - progress.iteration) * took / done)
