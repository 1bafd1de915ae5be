"""Dry run: do each step of a run once, without writing to the run's folder."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from layerzoo.disk import readable
from layerzoo.engine.labels import check_labels
from layerzoo.errors import SnapshotError
from layerzoo.log import number
from layerzoo.run_lock import used_by
from layerzoo.snapshot import read_snapshot, write_snapshot
from layerzoo.solver.outputs import output_lines, output_values, output_weights, update_lines
from layerzoo.solver.snapshots.saver import check_room
from layerzoo.solver.solver import Solver
from layerzoo.solver.testing.pooled import Pooled


def dry_run(solver: Solver) -> Iterator[str]:
    """Run one train step and one batch of each test net; write and read a snapshot in a temporary folder.

    This changes the solver's params. Nothing is written to the run's folder.

    Yields:
        a line of the report after each step.

    Raises:
        LayerzooError: the error that a run would end with.
    """
    net = solver.net
    count = sum(param.numel() for param in net.learnable)
    yield f"net '{net.name}': {len(net.graph.layers)} layers, {count:,} learnable params, on {solver.device}"
    yield from update_lines(solver.run.rule)
    solver.memory.check()
    estimate = solver.memory.estimate()
    yield f"memory: about {readable(estimate.total)} ({estimate})"
    with solver.memory.explained(lambda: solver.iteration):
        begun = time.perf_counter()
        rate = solver.lr
        loss = float(solver.engine.train_step(solver.iteration, rate))
        if solver.engine.guard is not None:
            solver.engine.guard.look(solver.iteration)
        took = 1000 * (time.perf_counter() - begun)
        yield f"train step: loss = {number(loss)}, lr = {number(rate)}, {took:.0f} ms the first time"
        for line in output_lines(output_values(net, solver.engine.outputs), output_weights(net)):
            yield f"    {line}"
        for index, test_net in enumerate(solver.test_nets):
            outputs = solver.engine.test_step(test_net, 0)
            check_labels(test_net)
            yield f"test net #{index}: one batch of {solver.tests.testers[index].iterations:,}"
            pooled = Pooled(test_net, solver.param.ap_version)
            pooled.add(outputs)
            for line in output_lines(pooled.scores().values, output_weights(test_net)):
                yield f"    {line}"
    yield f"snapshot: {readable(_snapshot(solver))}, written and read again in a temporary folder"
    check_room(solver.run_path, solver.run)
    yield f"the run would write to {solver.run_path}{_writable(solver.run_path)}"
    if process := used_by(solver.prefix):
        yield f"it is now used by another run: {process}"


def _snapshot(solver: Solver) -> int:
    """Write a snapshot as the run would, and read it back.

    Returns:
        its size in bytes.

    Raises:
        SnapshotError: it can't be written to a temporary folder.
    """
    needed = readable(solver.run.snapshot_bytes)
    try:
        with tempfile.TemporaryDirectory(prefix="layerzoo-") as folder:
            read_snapshot(write_snapshot(folder, solver.run.capture()))
            if solver.param.HasField("snapshot_format"):
                solver.run.write_caffe(str(Path(folder) / "caffe"))
            return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    except OSError as error:
        where = f"a folder in '{tempfile.tempdir}'" if tempfile.tempdir else "a temporary folder"
        raise SnapshotError(
            f"the snapshot of a dry run, {needed}, can't be written to {where}: {error.strerror or error}; "
            "set the environment variable TMPDIR to a folder with room for it"
        ) from error


def _writable(path: Path) -> str:
    there = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    return "" if os.access(there, os.W_OK) else f", which is not possible: {there} can't be written to"
