"""Measure coverage in a sample of the tests: a trace makes Python code up to three times slower.

With ``--cov`` no test marked ``slow`` is traced, and of each test function the cases whose number is a power
of two; each process counts for itself. ``--cov-all`` traces all.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

import layerzoo

_cases: Counter[str] = Counter()


def is_sampled(item: pytest.Item, cases: Counter[str]) -> bool:
    """Whether to trace a test, which is the next case of its function."""
    function = item.nodeid.partition("[")[0]
    cases[function] += 1
    number = cases[function]
    return not number & (number - 1) and item.get_closest_marker("slow") is None


@contextmanager
def untraced() -> Iterator[None]:
    """Take away the trace function inside the block, also from new threads."""
    trace, trace_of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]  # typeshed: never None
    try:
        yield
    finally:
        sys.settrace(trace)
        threading.settrace(trace_of_threads)  # type: ignore[arg-type]  # typeshed: never None


def _samples(config: pytest.Config) -> bool:
    return bool(config.getoption("cov_source", None)) and not config.getoption("cov_all")


def _import_all() -> None:
    """Import each module, so that the lines that an import runs are traced."""
    for module in pkgutil.walk_packages(layerzoo.__path__, "layerzoo."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--cov-all``."""
    parser.addoption("--cov-all", action="store_true", help="with --cov, trace all tests, not a sample")


@contextmanager
def collecting(config: pytest.Config) -> Iterator[None]:
    """Collect tests untraced: most of the time goes to rewriting their assertions."""
    if not _samples(config):
        yield
        return
    _import_all()
    with untraced():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run a test traced if it is in the sample."""
    traced = not _samples(item.config) or is_sampled(item, _cases)
    with nullcontext() if traced else untraced():
        return (yield)
