"""Reading logs: Caffe's own, and what befalls logs in the field."""

from __future__ import annotations

import os
from datetime import datetime
from math import isnan
from pathlib import Path

import pytest

from layerzoo.errors import DataError
from layerzoo.runs import History, read_log
from layerzoo.runs.caffe_log import Ending, ending, parse_line


def line(time: str, text: str, date: str = "0210") -> str:
    return f"I{date} {time} 25210 solver.cpp:204] {text}\n"


def display(iteration: int, loss: float, at: str = "10:00:01.000000", date: str = "0210") -> str:
    return (
        line(at, f"Iteration {iteration} (9 iter/s, 1s/10 iters), loss = {loss}", date)
        + line(at, f"    Train net output #0: loss = {loss} (* 1 = {loss} loss)", date)
        + line(at, f"Iteration {iteration}, lr = 0.01", date)
    )


def scores(iteration: int, *values: float, net: int = 0, at: str = "10:00:01.000000") -> str:
    lines = [line(at, f"Iteration {iteration}, Testing net (#{net})")]
    lines += [line(at, f"    Test net output #{i}: out{i} = {value}") for i, value in enumerate(values)]
    return "".join(lines)


SOLVING = line("10:00:00.000000", "Solving LeNet")


def read(tmp_path: Path, text: str) -> History:
    path = tmp_path / "train.log"
    path.write_text(text, encoding="utf-8")
    os.utime(path, (0, datetime(2026, 6, 1).timestamp()))
    return read_log(path)


def test_read_log_reads_a_log_of_caffe(data: Path) -> None:
    history = read_log(data / "conformance" / "logs" / "caffe_lenet_mnist.log")
    train, test = history.of(None), history.of(0)
    assert [row.iteration for row in train] == list(range(0, 2001, 100))
    assert [row.iteration for row in test] == [0, 500, 1000, 1500, 2000]
    assert (train[1].loss, train[1].outputs, train[1].lr) == (0.24831, {"loss": [0.24831]}, 0.00992565)
    assert train[1].seconds == 2.894279  # 21:48:44.902803 − 21:48:42.008524
    assert (test[1].seconds, test[1].outputs) == (14.715707, {"accuracy": [0.981], "loss": [0.0645006]})
    assert test[1].loss == 0.0645006
    assert train[-1].loss == 0.000626601  # after the last update: a loss without outputs
    assert train[-1].outputs == {}
    assert history.test_nets == [0]


@pytest.mark.parametrize("name", ["caffe_test.log", "caffe_time.log"])
def test_log_without_a_solver_has_no_rows(data: Path, name: str) -> None:
    assert read_log(data / "conformance" / "logs" / name).rows == []


def test_read_log_refuses_other_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is not a log: no line looks like 'I0210 13:39"):
        read(tmp_path, "Iteration 100, loss = 0.5\n\0\xff\n")


def test_times_go_on_over_new_year(tmp_path: Path) -> None:
    text = line("23:59:59.500000", "Solving LeNet", "1231") + display(0, 2.5, "00:00:01.000000", "0101")
    assert [row.seconds for row in read(tmp_path, text).rows] == [1.5]


def test_times_go_on_over_a_leap_day_of_a_file_copied_later(tmp_path: Path) -> None:
    text = line("12:00:00.000000", "Solving LeNet", "0229") + display(0, 2.5, "12:00:00.000000", "0301")
    assert [row.seconds for row in read(tmp_path, text).rows] == [86400.0]


def test_date_with_a_year_and_fewer_digits_is_read(tmp_path: Path) -> None:
    text = line("10:00:00.5", "Solving LeNet", "20240228") + display(0, 1.0, "10:00:00.75", "20240301")
    assert [row.seconds for row in read(tmp_path, text).rows] == [2 * 86400 + 0.25]


def test_runs_in_one_log_are_sections(tmp_path: Path) -> None:
    again = line("11:00:00.000000", "Solving LeNet")
    text = (
        SOLVING + display(0, 3) + display(10, 2) + scores(10, 0.5) + again + display(10, 1, "11:00:02.000000")
    )
    history = read(tmp_path, text)
    assert [(r.iteration, r.net, r.section, r.seconds) for r in history.rows] == [
        (0, None, 0, 1.0),
        (10, None, 0, 1.0),
        (10, 0, 0, 1.0),
        (10, None, 1, 3602.0),
    ]
    assert history.starts == [0.0, 3600.0]


def test_test_nets_and_outputs_of_several_elements_are_read(tmp_path: Path) -> None:
    vector = line("10:00:02.000000", "    Test net output #1: out0 = 0.25")
    history = read(tmp_path, SOLVING + scores(0, 0.5) + scores(0, 0.75, net=1) + vector)
    assert [(row.net, row.outputs) for row in history.rows] == [
        (0, {"out0": [0.5]}),
        (1, {"out0": [0.75, 0.25]}),
    ]
    assert history.test_nets == [0, 1]


@pytest.mark.parametrize("said", ["nan", "-nan", "1.#QNAN"])
def test_nan_is_read_in_every_spelling(tmp_path: Path, said: str) -> None:
    (row,) = read(tmp_path, SOLVING + display(0, 7).replace("= 7 (", f"= {said} (")).rows
    assert isnan(row.outputs["loss"][0])
    assert row.loss == 7


def test_loss_of_a_test_is_the_weighted_sum(tmp_path: Path) -> None:
    text = scores(0) + "".join(
        line("10:00:01.0", f"    Test net output #{i}: l{i} = {v} (* {w} = {v * w} loss)")
        for i, (v, w) in enumerate([(2, 1), (3, 0.5)])
    )
    (row,) = read(tmp_path, SOLVING + text).rows
    assert (row.loss, row.outputs) == (3.5, {"l0": [2], "l1": [3]})


@pytest.mark.parametrize("missing", range(1, 110))
def test_truncated_log_loses_its_incomplete_row(tmp_path: Path, missing: int) -> None:
    text = SOLVING + scores(0, 0.1, 0.2) + display(0, 3) + scores(10, 0.3, 0.4)
    rows = read(tmp_path, text[:-missing]).rows
    assert [(row.iteration, row.net) for row in rows] == [(0, 0), (0, None)]  # no row without all its outputs


def test_display_without_its_rate_counts(tmp_path: Path) -> None:
    text = SOLVING + display(0, 3) + display(10, 2)
    rows = read(tmp_path, text[: text.rindex("I0210")]).rows
    assert [(row.iteration, row.loss) for row in rows] == [(0, 3), (10, 2)]


def test_log_without_its_beginning_is_read(tmp_path: Path) -> None:
    orphan = line("10:00:00.0", "    Test net output #0: out0 = 0.5")
    history = read(tmp_path, orphan + display(10, 2, "10:00:05.0") + display(20, 1, "10:00:07.0"))
    assert [(row.iteration, row.seconds) for row in history.rows] == [(10, 0.0), (20, 2.0)]


def test_lines_of_other_programs_are_ignored(tmp_path: Path) -> None:
    text = SOLVING + "\nIteration 5, loss = 9\r\n  10%|###  |\r" + "\n" + display(10, 2).replace("\n", "\r\n")
    assert [(row.iteration, row.loss) for row in read(tmp_path, text).rows] == [(10, 2)]


@pytest.mark.parametrize(
    "text", ["", "I1399 10:00:00.0 1 a:1] x", "I0210 25:00:00.0 1 a:1] x", "X0210 10:00:00.0 1 a:1]"]
)
def test_parse_line_refuses_other_lines(text: str) -> None:
    assert parse_line(text) is None


def test_parse_line_splits_a_line() -> None:
    found = parse_line("W1120 21:48:42.000250    17 solver.py:9] Solving  LeNet ")
    assert found is not None
    assert (found.month, found.day, found.pid, found.text) == (11, 20, 17, "Solving  LeNet")
    assert found.within.microseconds == 250


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Ending("", 0)),
        (SOLVING, Ending("", 25210)),
        (SOLVING + line("10:00:00.0", "Optimization Done."), Ending("done", 25210)),
        (SOLVING + line("10:00:00.0", "Optimization stopped early."), Ending("stopped", 25210)),
        (line("10:00:00.0", "Optimization Done.") + SOLVING + display(0, 1), Ending("", 25210)),
        (line("10:00:00.0", "Optimization Done.") + display(0, 1) * 1000, Ending("", 25210)),
    ],
)
def test_ending_of_a_log(tmp_path: Path, text: str, expected: Ending) -> None:
    path = tmp_path / "log.txt"
    path.write_text(text)
    assert ending(path) == expected


def test_numbers_of_many_digits_are_no_numbers(tmp_path: Path) -> None:
    text = SOLVING + display(5, 0.5) + line("10:00:02.0", f"Iteration {'9' * 5000}, loss = 1")
    assert [row.iteration for row in read(tmp_path, text).rows] == [5]
    assert parse_line("I0210 13:39:22.4 " + "1" * 5000 + " solver.cpp:1] text") is None


def test_dates_beyond_the_calendar_are_read(tmp_path: Path) -> None:
    text = line("23:59:60.5", "Solving LeNet", "99991231") + display(1, 0.5, "23:59:60.9", "00001231")
    (row,) = read(tmp_path, text).rows
    assert row.seconds < 0
