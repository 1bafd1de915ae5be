from __future__ import annotations

import sys
import threading
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tests.coverage_sample import is_sampled, untraced


def item(nodeid: str, *marks: str) -> Any:
    return SimpleNamespace(nodeid=nodeid, get_closest_marker=lambda name: name if name in marks else None)


def test_sample_takes_cases_whose_number_is_a_power_of_two_and_each_function_once() -> None:
    cases: Counter[str] = Counter()
    sampled = [n for n in range(1, 41) if is_sampled(item(f"tests/test_a.py::test_a[{n}]"), cases)]
    assert sampled == [1, 2, 4, 8, 16, 32]
    assert is_sampled(item("tests/test_a.py::test_b"), cases)
    assert is_sampled(item("tests/test_b.py::test_a[x[1]]"), cases)


def test_sample_takes_no_slow_test() -> None:
    assert not is_sampled(item("tests/test_a.py::test_a[1]", "slow"), Counter())
    assert is_sampled(item("tests/test_a.py::test_a[1]", "gpu"), Counter())


def test_untraced_takes_the_trace_away_and_gives_it_back() -> None:
    called: list[str] = []

    def trace(frame: Any, event: str, argument: Any) -> None:
        called.append(frame.f_code.co_name)

    def seen() -> None: ...

    def unseen() -> None: ...

    before, before_of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(trace)
    threading.settrace(trace)
    try:
        with untraced():
            unseen()
            thread = threading.Thread(target=unseen)
            thread.start()
            thread.join()
        seen()
        given_back = sys.gettrace(), threading.gettrace()
    finally:
        sys.settrace(before)
        threading.settrace(before_of_threads)  # type: ignore[arg-type]  # typeshed: never None
    assert given_back == (trace, trace)
    assert "unseen" not in called
    assert "seen" in called


def test_untraced_gives_the_trace_back_after_an_error() -> None:
    before = sys.gettrace(), threading.gettrace()
    with pytest.raises(KeyError), untraced():
        raise KeyError
    assert (sys.gettrace(), threading.gettrace()) == before
