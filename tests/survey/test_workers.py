"""Examining files in several processes."""

from __future__ import annotations

from pathlib import Path

from layerzoo.survey import Limits, config_files, survey

GOOD = 'input: "x" input_shape { dim: 1 dim: 2 } layer { name: "r" type: "ReLU" bottom: "x" top: "y" }'

LONG = """
input: "x" input_shape { dim: 1 dim: 64 dim: 500 dim: 500 }
layer { name: "c" type: "Convolution" bottom: "x" top: "y"
  convolution_param { num_output: 64 kernel_size: 3 } }
"""


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


def test_file_that_exceeds_its_time_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.prototxt").write_text(LONG)
    rows = survey(config_files(tmp_path), limits=Limits(seconds=0.01))
    assert rows[0].why == "ended: exceeded the limit of 0.01 s of CPU time"
