"""Histories: what a resumed run made twice."""

from __future__ import annotations

import time

from layerzoo.runs import History, Row


def rows(*said: tuple[int, int | None, float, int]) -> list[Row]:
    return [Row(iteration, net, seconds, section=section) for iteration, net, seconds, section in said]


def test_continued_replaces_repeated_rows() -> None:
    history = History(
        "run",
        rows(
            (0, 0, 1.0, 0),
            (0, None, 2.0, 0),
            (10, None, 3.0, 0),
            (20, 0, 4.0, 0),
            (20, None, 5.0, 0),
            (30, None, 6.0, 0),
            (20, 0, 101.0, 1),  # resumed at 20 after a long time
            (20, None, 102.0, 1),
        ),
        starts=[0.0, 100.0],
    )
    assert [(r.iteration, r.net, r.seconds) for r in history.continued().rows] == [
        (0, 0, 1.0),
        (0, None, 2.0),
        (10, None, 3.0),
        (20, 0, 4.0),  # a second after the resume, which counts from the last row that was kept
        (20, None, 5.0),
    ]
    assert len(history.rows) == 8


def test_continued_replaces_a_run_that_was_restarted() -> None:
    history = History("run", rows((0, None, 1.0, 0), (10, None, 2.0, 0), (0, None, 51.0, 1)), [0.0, 50.0])
    assert [(r.iteration, r.seconds) for r in history.continued().rows] == [(0, 1.0)]


def test_continued_keeps_an_uninterrupted_run() -> None:
    history = History("run", rows((0, 0, 1.0, 0), (0, 1, 1.5, 0), (0, None, 2.0, 0), (10, None, 3.0, 0)))
    assert history.continued() == history
    assert history.test_nets == [0, 1]


def test_continued_compares_rows_of_one_net_and_drops_those_of_all() -> None:
    history = History("run", rows((10, 0, 1.0, 0), (5, 1, 2.0, 0), (8, None, 3.0, 0), (7, 0, 4.0, 0)))
    assert [(r.iteration, r.net) for r in history.continued().rows] == [(5, 1), (7, 0)]


def test_continued_takes_linear_time() -> None:
    history = History("run", rows(*((i, None, float(i), 0) for i in range(100_000))))
    start = time.process_time()
    assert len(history.continued().rows) == 100_000
    assert time.process_time() - start < 20  # it takes 0.1 s; comparing each row with all before it, minutes


def test_continued_replaces_rows_of_one_net_after_those_of_another() -> None:
    history = History(
        "run", rows((0, 0, 1.0, 0), (3, 0, 2.0, 0), (10, 0, 3.0, 0), (5, None, 4.0, 0), (2, 0, 5.0, 0))
    )
    assert [(r.iteration, r.net) for r in history.continued().rows] == [(0, 0), (2, 0)]
