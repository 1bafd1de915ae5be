"""Examine files in parallel processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from layerzoo.survey.examine import Limits, Row, examine
from layerzoo.survey.processes import Ended, run_each


def survey(
    files: Sequence[Path],
    *,
    processes: int = 2,
    limits: Limits | None = None,
    lenient: bool = False,
    seen: Callable[[Row], None] | None = None,
) -> list[Row]:
    """Examine files in parallel.

    Args:
        files: the configs.
        processes: number of processes.
        limits: limits for each file; a process that exceeds them is terminated.
        lenient: ignore unknown fields and stub layers of unknown types.
        seen: called with each row when it is finished.

    Returns:
        A row for each file, in the order of ``files``.
    """
    limits = limits or Limits()
    work = partial(examine, limits=limits, lenient=lenient)
    rows: dict[Path, Row] = {}
    for path, result in run_each(
        work, files, processes=processes, seconds=limits.seconds, memory=limits.memory
    ):
        row = Row(str(path), why=f"ended: {result.why}") if isinstance(result, Ended) else result
        rows[path] = row
        if seen is not None:
            seen(row)
    return [rows[path] for path in files]
