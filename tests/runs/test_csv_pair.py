"""The tables of a log; those of Caffe's own log are what Caffe's tool wrote for it."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import pytest

from layerzoo.runs import History, Row, read_log, write_csv_pair
from layerzoo.runs.csv_pair import tables


def test_tables_of_a_log_of_caffe(data: Path, tmp_path: Path) -> None:
    history = read_log(data / "conformance" / "logs" / "caffe_lenet_mnist.log")
    written = write_csv_pair(history, "a.log", tmp_path)
    assert written == {tmp_path / "a.log.train": 20, tmp_path / "a.log.test": 5}
    assert (tmp_path / "a.log.test").read_bytes() == (
        b"NumIters,Seconds,LearningRate,accuracy,loss\r\n"
        b"0.0,0.355802,0.00971013,0.0655,2.40592\r\n"  # no rate was said yet: that of the next row
        b"500.0,14.715707,0.00971013,0.981,0.0645006\r\n"  # the rate that iteration 400 said
        b"1000.0,53.376175,0.00937411,0.981,0.0536751\r\n"
        b"1500.0,82.142499,0.00906403,0.9835,0.0504674\r\n"
        b"2000.0,125.161464,0.00877687,0.984,0.0452082\r\n"
    )
    train = (tmp_path / "a.log.train").read_text().splitlines()
    assert train[:4] == [
        "NumIters,Seconds,LearningRate,loss",
        "0.0,0.385132,0.01,2.34578",
        "100.0,2.894279,0.01,0.24831",
        "200.0,5.312416,0.00992565,0.210812",
    ]
    assert len(train) == 21


def test_delimiter_separates_columns(tmp_path: Path) -> None:
    write_csv_pair(History(rows=[Row(0, None, 1.5, {"loss": [2.0]}, lr=0.5)]), "x", tmp_path, ";")
    assert (tmp_path / "x.train").read_text() == "NumIters;Seconds;LearningRate;loss\n0.0;1.5;0.5;2.0\n"
    assert not (tmp_path / "x.test").exists()


def test_rows_without_outputs_are_left_out() -> None:
    assert tables(History(rows=[Row(0, None, 1.0, loss=2.0, lr=0.1)])) == ([], [])


def test_test_nets_share_a_row() -> None:
    rows = [
        Row(iteration, net, iteration + net, {"accuracy": [net + 0.5], f"own{net}": [1.0]})
        for iteration in (0, 10)
        for net in (0, 1)
    ]
    _, test = tables(History(rows=rows))
    assert [entry["Seconds"] for entry in test] == [0, 10]
    assert list(test[1].items())[3:] == [("accuracy", 0.5), ("own0", 1.0), ("accuracy#1", 1.5), ("own1", 1.0)]


def test_elements_of_a_longer_output_have_a_column_each() -> None:
    train, _ = tables(History(rows=[Row(0, None, 0, {"p": [1.0, 2.0], "q": [3.0]})]))
    assert list(train[0])[3:] == ["p[0]", "p[1]", "q"]


def test_resumed_run_keeps_its_rows() -> None:
    rows = [Row(i, None, s, {"loss": [1.0]}, lr=r) for i, s, r in ((0, 0, 0.1), (10, 1, 0.2), (10, 9, 0.3))]
    train, _ = tables(History(rows=rows))
    assert [(entry["NumIters"], entry["LearningRate"]) for entry in train] == [(0, 0.1), (10, 0.1), (10, 0.2)]


def test_tests_repeated_after_a_resume_are_rows_of_their_own() -> None:
    rows = [Row(10, 0, 1, {"a": [1.0]}), Row(10, 0, 9, {"a": [2.0]}, section=1)]
    _, test = tables(History(rows=rows))
    assert [entry["a"] for entry in test] == [1.0, 2.0]


def test_missing_rate_is_nan(tmp_path: Path) -> None:
    history = History(rows=[Row(0, 0, 0.5, {"a": [float("nan")]})])
    _, test = tables(history)
    assert isnan(test[0]["LearningRate"])
    write_csv_pair(history, "x", tmp_path)
    assert (tmp_path / "x.test").read_text() == "NumIters,Seconds,LearningRate,a\n0.0,0.5,nan,nan\n"


def test_output_missing_in_a_row_is_empty(tmp_path: Path) -> None:
    rows = [Row(0, None, 0.0, {"a": [1.0]}, lr=0.1), Row(1, None, 1.0, {"a": [2.0], "b": [3.0]}, lr=0.1)]
    write_csv_pair(History(rows=rows), "x", tmp_path)
    assert (tmp_path / "x.train").read_text().splitlines()[1:] == ["0.0,0.0,0.1,1.0,", "1.0,1.0,0.1,2.0,3.0"]


def test_missing_folder_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_csv_pair(History(rows=[Row(0, None, 0.0, {"a": [1.0]})]), "x", tmp_path / "none")
