"""Reading ``metrics.jsonl`` and finding what there is to read."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import pytest

from layerzoo.errors import DataError
from layerzoo.runs import read_history, read_metrics

TRAIN = (
    '{"iteration":%d,"phase":"TRAIN","seconds":%g,"loss":%s,"lr":0.5,"epoch":0.25,"outputs":{"loss":[2.5]}}\n'
)
TEST = '{"iteration":%d,"phase":"TEST","seconds":%g,"net":1,"outputs":{"accuracy":[0.5,null]}}\n'


def test_read_metrics_reads_rows(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(TEST % (0, 1) + TRAIN % (0, 2, "null") + '{"iteration":10,"pha')
    test, train = read_metrics(path).rows
    assert (test.iteration, test.net, test.seconds) == (0, 1, 1)
    assert test.outputs["accuracy"][0] == 0.5
    assert isnan(test.outputs["accuracy"][1])
    assert (train.net, train.lr, train.epoch, train.outputs) == (None, 0.5, 0.25, {"loss": [2.5]})
    assert isnan(train.loss)


def test_seconds_of_a_resumed_run_are_added(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(
        "".join(TRAIN % said for said in ((0, 1, 3), (10, 5, 2), (20, 2, 1), (30, 4, 1), (40, 1, 0)))
    )
    history = read_metrics(path)
    assert [(row.seconds, row.section) for row in history.rows] == [(1, 0), (5, 0), (7, 1), (9, 1), (10, 2)]
    assert history.starts == [0, 5, 9]


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "3",
        "{}",
        "\0\0\0",
        '{"iteration":1,"phase":"TRAIN"}',
        '{"iteration":"x","phase":"TRAIN","outputs":{}}',
        '{"iteration":1,"phase":"TRAIN","outputs":[1]}',
        '{"iteration":1,"phase":"TRAIN","outputs":{"a":1}}',
        '{"iteration":1e999,"phase":"TRAIN","outputs":{}}',
        '{"iteration":-1,"phase":"TRAIN","outputs":{}}',
        '{"iteration":1' + "0" * 30 + ',"phase":"TRAIN","outputs":{}}',
        '{"iteration":1,"phase":"TEST","net":-2,"outputs":{}}',
        '{"iteration":1,"phase":"TRAIN","loss":1' + "0" * 400 + ',"outputs":{}}',
        "[" * 100_000,
    ],
)
def test_invalid_lines_are_skipped(tmp_path: Path, line: str) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(f"{line}\n" + TRAIN % (0, 2, "1"))
    assert len(read_metrics(path).rows) == 1


def test_time_before_the_start_is_read(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text(TRAIN % (0, -1, "1"))
    assert [row.seconds for row in read_metrics(tmp_path / "metrics.jsonl").rows] == [-1]


def test_read_history_takes_folder_prefix_metrics_or_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    folder = tmp_path / "lenet.run"
    folder.mkdir()
    (folder / "metrics.jsonl").write_text(TRAIN % (10, 2, "1"))
    monkeypatch.chdir(folder)
    for path in (folder, tmp_path / "lenet", ".", folder / "metrics.jsonl"):
        assert [row.iteration for row in read_history(path).rows] == [10]
    assert read_history(folder).name == read_history(".").name == "lenet"
    log = data / "conformance" / "logs" / "caffe_lenet_mnist.log"
    assert len(read_history(log).rows) == 26
    (folder / "metrics.jsonl").rename(folder / "old")
    (folder / "log.txt").write_bytes(log.read_bytes())
    assert len(read_history(folder).rows) == 26


def test_read_history_refuses_a_missing_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such run or log"):
        read_history(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"holds neither metrics\.jsonl nor log\.txt"):
        read_history(tmp_path)
