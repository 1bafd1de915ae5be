"""Examining files in several processes."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from layerzoo.survey import Limits, config_files, survey
from layerzoo.survey.workers import _result, _Worker

GOOD = 'input: "x" input_shape { dim: 1 dim: 2 } layer { name: "r" type: "ReLU" bottom: "x" top: "y" }'


def test_rows_are_in_the_order_of_the_files(tmp_path: Path) -> None:
    for name, text in (("a", GOOD), ("b", "layer {"), ("c", GOOD)):
        (tmp_path / f"{name}.prototxt").write_text(text)
    seen = []
    rows = survey(config_files(tmp_path), processes=2, seen=seen.append)
    assert [(Path(r.path).name, r.parsed, r.ran) for r in rows] == [
        ("a.prototxt", True, True),
        ("b.prototxt", False, None),
        ("c.prototxt", True, True),
    ]
    assert sorted(r.path for r in seen) == [r.path for r in rows]


def test_survey_of_no_files_is_empty() -> None:
    assert survey([]) == []


def test_timeouts_and_crashes_are_rows() -> None:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=int)
    process.start()
    worker = _Worker(process, here, Path("x.prototxt"))
    assert _result(worker, Limits(seconds=3), True).why == "ended: exceeded the limit of 3 s"
    there.close()
    assert _result(worker, Limits(), False).why == "ended: its process exited with code 0"
    worker.end()
