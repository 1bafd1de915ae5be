"""Choose the number of CPU threads of a run.

The first of these decides: LAYERZOO_THREADS (which ``-threads`` sets), the config's ``threads``,
OMP_NUM_THREADS, the snapshot that is resumed, and the size of the net. Processes that train together on a
machine share its processors. The results of a run on the CPU are the same bit for bit only with the same
number, so a snapshot records it, and a resumed run keeps it.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

import torch

from layerzoo.errors import LayerzooError
from layerzoo.graph import Graph, GraphLayer
from layerzoo.schema import SolverParameter
from layerzoo.snapshot import list_snapshots
from layerzoo.snapshot.native import read_text
from layerzoo.threads import OF_OPENMP, VARIABLE, processes_here, processors, requested

log = logging.getLogger("layerzoo")

MACS_PER_THREAD: Final = 1_000_000
"""Multiply-adds of one operation that are worth a thread: about 50 microseconds, the price of starting and
joining threads several times."""


def choose_threads(graph: Graph, param: SolverParameter | None = None, resumed: Path | None = None) -> int:
    """Set and log the number of CPU threads with which this process computes; returns it.

    Call it in a process that belongs to Layerzoo, such as the command line's.

    Args:
        graph: the net.
        param: the solver's config, if there is one.
        resumed: the snapshot from which the run continues.

    Raises:
        UsageError: LAYERZOO_THREADS is not a number of threads.
    """
    number, reason = _wanted(graph, param, resumed)
    torch.set_num_threads(number)
    log.debug("Threads: %d of %d, as %s", number, processors(), reason)
    return number


def _wanted(graph: Graph, param: SolverParameter | None, resumed: Path | None) -> tuple[int, str]:
    """The number of threads, and the reason for it."""
    if (asked := requested()) is not None:
        return asked, f"{VARIABLE} or -threads asks for"
    if param is not None and param.threads:
        return int(param.threads), "the solver's threads says"
    if os.environ.get(OF_OPENMP):
        return torch.get_num_threads(), f"{OF_OPENMP} says"
    by_size = param is not None and param.HasField("threads")  # threads: 0
    kept = None if by_size else threads_of(resumed)
    if kept is not None and kept <= processors():
        return kept, "the snapshot was taken with"
    work = multiply_adds(graph)
    sharing = processes_here()
    most = min(torch.get_num_threads(), processors() // sharing)
    number = max(1, min(most, work // MACS_PER_THREAD))
    beside = f", and {sharing} processes share the machine" if sharing > 1 else ""
    return number, f"the net's operations have {work:,} multiply-adds{beside}"


def obey_threads(param: SolverParameter) -> None:
    """Set the number of CPU threads to that of a config that gives one."""
    if param.threads and requested() is None:
        torch.set_num_threads(int(param.threads))


def threads_of(snapshot: Path | None) -> int | None:
    """The number of CPU threads that a native snapshot was taken with; None if it can't be read."""
    if snapshot is None:
        return None
    try:
        return int(read_text(snapshot).get("threads", 0)) or None
    except (LayerzooError, OSError, TypeError, ValueError):  # restoring it says what is wrong
        return None


def newest_snapshot(resume: str, run: Path) -> Path | None:
    """The folder of the native snapshot that ``-snapshot`` names; None if there is none.

    Args:
        resume: a path, or ``auto``.
        run: the folder of the run.
    """
    if resume != "auto":
        return Path(resume)
    try:
        snapshots = list_snapshots(run)
    except LayerzooError:  # restoring it says what is wrong
        return None
    return snapshots[-1][1] if snapshots else None


def multiply_adds(graph: Graph) -> int:
    """Multiply-adds of the operation in which a forward pass spends most of them.

    A layer is an operation for each time step if it is recurrent. The mean over layers is weighted by their
    multiply-adds, so that many small layers beside large ones don't count.
    """
    layers = [(macs, macs / _steps(graph, layer)) for layer in graph.layers if (macs := graph.macs(layer))]
    total = sum(macs for macs, _ in layers)
    return round(sum(macs * each for macs, each in layers) / total) if total else 0


def _steps(graph: Graph, layer: GraphLayer) -> int:
    """The number of operations in which a layer makes its multiply-adds."""
    if "recurrent_param" not in layer.kind.messages:
        return 1
    shape = graph.blobs[layer.bottoms[0]].shape
    return max(1, shape[0]) if shape else 1
