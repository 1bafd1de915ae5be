"""Running one input: what counts as a finding, in this process and when the process dies."""

from __future__ import annotations

import mmap
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layerzoo.errors import DataError
from tests.fuzz import running
from tests.fuzz.kinds import Kind
from tests.fuzz.running import prepared, run


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for variable in ("LAYERZOO_HOME", "LAYERZOO_OFFLINE"):
        monkeypatch.setenv(variable, "")
    with prepared() as folder:
        yield folder


def of(read: Callable[[bytes, Path], object], **limits: float) -> Kind:
    return Kind("test", False, lambda random: b"", read, **limits)  # type: ignore[arg-type]  # limits by name


def _refuse(data: bytes, folder: Path) -> None:
    raise DataError("x: damaged")


def _say_nothing(data: bytes, folder: Path) -> None:
    raise DataError(" ")


def _say_all(data: bytes, folder: Path) -> None:
    raise DataError("x" * 300_000)


def _fail(data: bytes, folder: Path) -> None:
    {}["a"]


def _warn(data: bytes, folder: Path) -> None:
    warnings.warn("odd", UserWarning, stacklevel=1)


def _spin(data: bytes, folder: Path) -> None:
    try:
        while True:
            pass
    except Exception:  # as a reader might
        return


def _hold(data: bytes, folder: Path) -> None:
    with mmap.mmap(-1, 64 << 20) as held:  # new pages, whatever the heap has kept
        for page in range(0, len(held), mmap.PAGESIZE):
            held[page] = 1


def test_run_accepts_a_return_and_refuses_a_layerzoo_error(work: Path) -> None:
    assert run(of(lambda data, folder: (folder / "x").write_bytes(data)), b"1", work).status == "accepted"
    assert run(of(_refuse), b"", work).status == "refused"
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(
    ("read", "what"),
    [
        (_fail, "KeyError at tests/fuzz/test_running.py in _fail"),
        (_warn, "UserWarning at tests/fuzz/test_running.py in _warn"),
        (_say_nothing, "an error without a message"),
        (_say_all, "a message of over 200,000 characters"),
    ],
)
def test_run_finds_what_is_neither(work: Path, read: Callable[[bytes, Path], object], what: str) -> None:
    result = run(of(read), b"", work)
    assert (result.status, result.what) == ("failed", what)


def test_run_interrupts_a_reader_that_hangs(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HANG_SECONDS", 0.2)
    result = run(of(_spin), b"", work)
    assert (result.status, result.what) == ("failed", "TimeLimit at tests/fuzz/test_running.py in _spin")


def test_run_finds_a_slow_reader(work: Path) -> None:
    assert run(of(lambda data, folder: sum(range(2_000_000)), seconds=0.001), b"", work).what == "slow"


def test_run_finds_a_reader_that_takes_much_memory(work: Path) -> None:
    running._reset_peak()
    result = run(of(_hold, memory=8 << 20), b"", work)
    assert (result.status, result.what) == ("failed", "memory")
    assert run(of(_hold, memory=256 << 20), b"", work).status == "accepted"
