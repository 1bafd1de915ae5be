"""``metrics.jsonl``: what a run's folder holds of its displays and tests, one object a line."""

from __future__ import annotations

import json
import os
from math import isnan, nan
from pathlib import Path
from typing import Any

from layerzoo.errors import DataError
from layerzoo.runs.caffe_log import read_log
from layerzoo.runs.history import History, Row

METRICS = "metrics.jsonl"
LOG = "log.txt"
SUFFIX = ".run"


def read_metrics(path: str | os.PathLike[str]) -> History:
    """The history that a metrics file tells; lines torn by a power cut are left out.

    Raises:
        OSError: it can't be read.
    """
    history = History(Path(path).name)
    before = 0.0
    with Path(path).open(encoding="utf-8", errors="replace") as file:
        for line in file:
            row = _row(line)
            if row is None:
                continue
            if row.seconds < before:  # a resumed run counts from 0 again
                history.starts.append(history.rows[-1].seconds)
            before = 0.0 if isnan(row.seconds) else row.seconds
            row.section = len(history.starts) - 1
            row.seconds += history.starts[-1]
            history.rows.append(row)
    return history


def read_history(path: str | os.PathLike[str]) -> History:
    """The history of a run's folder (or its ``snapshot_prefix``), of its metrics, or of a log.

    Raises:
        DataError: there is nothing there, or nothing of a run's.
        OSError: it can't be read.
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
        raise DataError(f"{path} is no run's folder: it holds neither {METRICS} nor {LOG}")
    if not path.exists():
        raise DataError(f"{path}: no such run or log")
    return read_metrics(path) if path.suffix == ".jsonl" else read_log(path)


def _row(line: str) -> Row | None:
    try:
        said: dict[str, Any] = json.loads(line)
        test = said["phase"] == "TEST"
        return Row(
            iteration=int(said["iteration"]),
            net=int(said.get("net", 0)) if test else None,
            seconds=_number(said.get("seconds")),
            outputs={str(name): [_number(v) for v in values] for name, values in said["outputs"].items()},
            loss=_number(said.get("loss")),
            lr=_number(said.get("lr")),
            epoch=_number(said.get("epoch")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _number(value: object) -> float:
    """JSON has no NaN, so it stands there as null."""
    return float(value) if isinstance(value, int | float) else nan
