"""``parse_log.sh``: write a log's values as two tables with aligned columns.

``LOG.test`` has the columns ``#Iters Seconds TestAccuracy TestLoss``, ``LOG.train`` the columns ``#Iters
Seconds TrainingLoss LearningRate``. As in Caffe's script, the test net's first output is taken as accuracy
and its second as loss. (``parse_log.py`` is ``layerzoo parse_log``.)
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from math import isnan, nan
from pathlib import Path

from layerzoo.atomic import write_atomic
from layerzoo.log import number
from layerzoo.runs import History, Row, read_log

_TEST = ("#Iters", "Seconds", "TestAccuracy", "TestLoss")
_TRAIN = ("#Iters", "Seconds", "TrainingLoss", "LearningRate")


def main(argv: Sequence[str]) -> int:
    """Run the tool with Caffe's arguments, writing to the working folder; return the exit code."""
    parser = argparse.ArgumentParser(
        "parse_log.sh", description="Write a log's values as LOG.train and LOG.test to the working folder."
    )
    parser.add_argument("log", help="the log of a training run")
    log = Path(parser.parse_args(argv).log)
    test, train = tables(read_log(log))
    write_atomic(f"{log.name}.test", _text(_TEST, test))
    write_atomic(f"{log.name}.train", _text(_TRAIN, train))
    return 0


def tables(history: History) -> tuple[list[list[float]], list[list[float]]]:
    """Return the rows of the first test net's table and of the training net's table."""
    tests = [
        [row.iteration, row.seconds, *first_two(row)]
        for row in history.of(min(history.test_nets, default=-1))
    ]
    trained = [[row.iteration, row.seconds, row.loss, row.lr] for row in history.of(None)]
    return tests, [row for row in trained if not isnan(row[2])]


def first_two(row: Row) -> list[float]:
    """Return the first two outputs of a test, which Caffe's tools take as accuracy and loss."""
    flat = [value for values in row.outputs.values() for value in values]
    return [*flat, nan, nan][:2]


def _text(head: Sequence[str], rows: Iterable[Sequence[float]]) -> str:
    cells = [[str(int(row[0])), f"{row[1]:.6f}", *(number(value) for value in row[2:])] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *cells]
    )
    return "".join(f"{line}\n" for line in lines)
