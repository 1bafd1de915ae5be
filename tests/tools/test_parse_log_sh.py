import re

import pytest

from layerzoo.tools.parse_log_sh import main

LOG = """\
I0101 10:00:00.000000  7 solver.cpp:57] Solving net
I0101 10:00:00.500000  7 solver.cpp:347] Iteration 0, Testing net (#0)
I0101 10:00:01.000000  7 solver.cpp:414]     Test net output #0: accuracy = 0.125
I0101 10:00:01.000000  7 solver.cpp:414]     Test net output #1: loss = 2.5 (* 1 = 2.5 loss)
I0101 10:00:01.500000  7 solver.cpp:239] Iteration 0 (0 iter/s, 1s/100 iters), loss = 2.25
I0101 10:00:01.500000  7 solver.cpp:258]     Train net output #0: loss = 2.25 (* 1 = 2.25 loss)
I0101 10:00:01.500000  7 sgd_solver.cpp:112] Iteration 0, lr = 0.01
I0101 10:00:11.500000  7 solver.cpp:239] Iteration 100 (10 iter/s, 10s/100 iters), loss = 0.5
I0101 10:00:11.500000  7 solver.cpp:258]     Train net output #0: loss = 0.5 (* 1 = 0.5 loss)
I0101 10:00:11.500000  7 sgd_solver.cpp:112] Iteration 100, lr = 0.0099
I0101 10:00:12.000000  7 solver.cpp:347] Iteration 100, Testing net (#0)
I0101 10:00:13.000000  7 solver.cpp:414]     Test net output #0: accuracy = 0.9
I0101 10:00:13.000000  7 solver.cpp:414]     Test net output #1: loss = 0.4 (* 1 = 0.4 loss)
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def rows(path):
    return [re.split(r"\s+", line.strip()) for line in path.read_text().splitlines()]


def test_tables_of_test_and_training(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text(LOG)
    assert main(["logs/a.log"]) == 0
    test, train = rows(tmp_path / "a.log.test"), rows(tmp_path / "a.log.train")
    assert test[0] == ["#Iters", "Seconds", "TestAccuracy", "TestLoss"]
    assert [[row[0], *row[2:]] for row in test[1:]] == [["0", "0.125", "2.5"], ["100", "0.9", "0.4"]]
    assert train[0] == ["#Iters", "Seconds", "TrainingLoss", "LearningRate"]
    assert [[row[0], *row[2:]] for row in train[1:]] == [["0", "2.25", "0.01"], ["100", "0.5", "0.0099"]]
    assert float(train[2][1]) - float(train[1][1]) == pytest.approx(10)


def test_columns_are_aligned(tmp_path):
    (tmp_path / "a.log").write_text(LOG)
    main(["a.log"])
    head, first, second = (tmp_path / "a.log.train").read_text().splitlines()
    for column in ("Seconds", "TrainingLoss", "LearningRate"):
        at = head.index(column)
        assert first[at - 1] == second[at - 1] == " "
        assert first[at] != " " != second[at]


def test_tables_of_a_log_of_caffe(data, tmp_path):
    log = data / "conformance" / "logs" / "caffe_lenet_mnist.log"
    main([str(log)])
    accuracies = re.findall(r"Test net output #0: \S+ = (\S+)", log.read_text())
    assert [row[2] for row in rows(tmp_path / f"{log.name}.test")[1:]] == accuracies
    assert len(accuracies) > 1
