"""Caffe's log lines of a display."""

from __future__ import annotations

import logging

import pytest

from layerzoo.solver.callbacks import display


def test_show_logs_loss_outputs_and_rate_in_caffes_order(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    times = iter([0.0, 100.0, 104.0, 104.0])
    monkeypatch.setattr(display.time, "perf_counter", lambda: next(times))
    shown = display.Display(20)
    with caplog.at_level(logging.INFO, "layerzoo"):
        shown.begin(0)
        shown.show(20, 0.5, iter(["#0: l = 0.5"]), 0.01)
        shown.show(40, 0.25, iter([]), 0.01)
    assert caplog.messages == [
        "Iteration 20 (5 iter/s, 4s/20 iters), loss = 0.5",
        "    Train net output #0: l = 0.5",
        "Iteration 20, lr = 0.01",
        "Iteration 40 (0 iter/s, 0s/20 iters), loss = 0.25",
        "Iteration 40, lr = 0.01",
    ]


def test_show_returns_the_share_of_waiting_and_logs_a_large_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    times = iter([0.0, 100.0, 101.0, 104.0, 108.0])
    monkeypatch.setattr(display.time, "perf_counter", lambda: next(times))
    shown = display.Display(20)
    with caplog.at_level(logging.INFO, "layerzoo"):
        shown.begin(0, 2.0)
        assert shown.show(0, 0.5, iter([]), 0.01, 2.25) == 0.25
        assert shown.show(20, 0.5, iter([]), 0.01, 3.0) == 0.25
        assert shown.show(40, 0.5, iter([]), 0.01, 3.04) == pytest.approx(0.01)
    assert [message for message in caplog.messages if "wait" in message] == [
        "    Data wait: 25.0% of the time"
    ]
