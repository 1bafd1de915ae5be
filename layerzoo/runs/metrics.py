"""Read ``metrics.jsonl``, the displays and tests of a run, one JSON object per line."""

from __future__ import annotations

import json
import os
from math import isnan, nan
from pathlib import Path
from typing import Any

from layerzoo.errors import DataError
from layerzoo.regular_file import open_text
from layerzoo.runs.caffe_log import read_log
from layerzoo.runs.history import History, Row

METRICS = "metrics.jsonl"
LOG = "log.txt"
SUFFIX = ".run"
_MAX_COUNT = 2**63 - 1


def read_metrics(path: str | os.PathLike[str]) -> History:
    """Read the history of a metrics file; incomplete lines are skipped.

    Raises:
        OSError: the file can't be read.
    """
    history = History(Path(path).name)
    before = 0.0
    with open_text(path, "replace") as file:
        for line in file:
            row = parse_row(line)
            if row is None:
                continue
            if row.seconds < before:  # a resumed run restarts at 0
                history.starts.append(history.rows[-1].seconds if history.rows else 0.0)
            before = 0.0 if isnan(row.seconds) else row.seconds
            row.section = len(history.starts) - 1
            row.seconds += history.starts[-1]
            history.rows.append(row)
    return history


def read_history(path: str | os.PathLike[str]) -> History:
    """Read the history of a run's folder (or ``snapshot_prefix``), a metrics file, or a log.

    Raises:
        DataError: the path is missing, or neither a run nor a log.
        OSError: a file can't be read.
    """
    path = Path(path)
    if not path.exists() and Path(f"{path}{SUFFIX}").is_dir():
        path = Path(f"{path}{SUFFIX}")
    if path.is_dir():
        for name, read in ((METRICS, read_metrics), (LOG, read_log)):
            if (path / name).is_file():
                history = read(path / name)
                history.name = path.resolve().name.removesuffix(SUFFIX)
                return history
        raise DataError(f"{path} is not the folder of a run: it holds neither {METRICS} nor {LOG}")
    if not path.exists():
        raise DataError(f"{path}: no such run or log")
    return read_metrics(path) if path.suffix == ".jsonl" else read_log(path)


def parse_row(line: str) -> Row | None:
    """The row of a line of a metrics file, its seconds since the last start; None if it is damaged."""
    try:
        values: dict[str, Any] = json.loads(line)
        test = values["phase"] == "TEST"
        return Row(
            iteration=_count(values["iteration"]),
            net=_count(values.get("net", 0)) if test else None,
            seconds=_number(values.get("seconds")),
            outputs={str(name): [_number(v) for v in output] for name, output in values["outputs"].items()},
            loss=_number(values.get("loss")),
            lr=_number(values.get("lr")),
            epoch=_number(values.get("epoch")),
            updates={
                f"{name} {what}": _number(value)
                for name, shown in values.get("updates", {}).items()
                for what, value in shown.items()
            },
        )
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _count(value: object) -> int:
    """Convert a number of iterations, or of a net.

    Raises:
        ValueError: it is not a whole number from 0 to `_MAX_COUNT`.
    """
    if not isinstance(value, int) or not 0 <= value <= _MAX_COUNT:
        raise ValueError(f"{value!r} is not a count")
    return value


def _number(value: object) -> float:
    """Convert a JSON number; null, which stands for NaN, and other values are NaN.

    Raises:
        OverflowError: it is too large for a float.
    """
    return float(value) if isinstance(value, int | float) else nan
