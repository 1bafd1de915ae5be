from __future__ import annotations

import pytest

import layerzoo.pycaffe as caffe


def test_there_is_no_nccl() -> None:
    assert not caffe.has_nccl()
    for call in (caffe.NCCL.new_uid, lambda: caffe.NCCL(None, "")):
        with pytest.raises(RuntimeError, match="layerzoo train"):
            call()


def test_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 10.25])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    timer = caffe.Timer()
    timer.start()
    timer.stop()
    assert timer.ms == 250
