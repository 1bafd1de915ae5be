"""Callbacks, and calls of several."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from layerzoo.solver import Callback, Displayed, Output, Scores
from layerzoo.solver.callbacks.callback import Callbacks

SHOWN = Displayed(3, 0.5, 0.1, {"l": [0.5]})


class Notes(Callback):
    def __init__(self, notes: list[tuple[object, ...]], name: str) -> None:
        self.notes, self.name = notes, name

    def started(self, iteration: int, tested: bool) -> None:
        self.notes.append((self.name, "started", iteration, tested))

    def updated(self, iteration: int) -> None:
        self.notes.append((self.name, "updated", iteration))

    def displayed(self, shown: Displayed) -> None:
        self.notes.append((self.name, shown))

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        self.notes.append((self.name, "tested", iteration, index, scores))

    def saved(self, iteration: int, path: Path) -> None:
        self.notes.append((self.name, "saved", iteration, path))

    def ended(self, iteration: int) -> None:
        self.notes.append((self.name, "ended", iteration))


def call(callback: Callback) -> None:
    callback.started(1, True)
    callback.updated(3)
    callback.displayed(SHOWN)
    callback.tested(4, 0, Scores())
    callback.saved(5, Path("x"))
    callback.ended(6)


def test_callbacks_tell_every_member_in_order() -> None:
    notes: list[tuple[object, ...]] = []
    call(Callbacks([Notes(notes, "a"), Callback(), Notes(notes, "b")]))
    events = [
        ("started", 1, True),
        ("updated", 3),
        (SHOWN,),
        ("tested", 4, 0, Scores()),
        ("saved", 5, Path("x")),
        ("ended", 6),
    ]
    assert notes == [(name, *event) for event in events for name in "ab"]


class Failing(Output):
    title = "the picture"

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error
        self.calls: list[str] = []

    def displayed(self, shown: Displayed) -> None:
        self.calls.append("displayed")
        raise self.error

    def ended(self, iteration: int) -> None:
        self.calls.append("ended")
        raise self.error


class Retrying(Failing):
    retries = True


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), ZeroDivisionError("0"), MemoryError()])
def test_callbacks_go_on_without_an_output_that_fails(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[tuple[object, ...]] = []
    failing, retrying = Failing(error), Retrying(error)
    members = Callbacks([failing, retrying, Notes(notes, "a")])
    with caplog.at_level(logging.WARNING, "layerzoo"):
        for _ in range(3):
            members.displayed(SHOWN)
        members.ended(3)
    assert failing.calls == ["displayed", "ended"]
    assert retrying.calls == ["displayed"] * 3 + ["ended"]
    assert len(notes) == 4
    first, second = caplog.messages
    assert first.startswith("the picture ")
    assert (first.endswith("; training continues without it"), second.endswith("; training continues")) == (
        True,
        True,
    )


def test_callbacks_pass_exceptions_of_a_users_callback_and_interrupts() -> None:
    class Users(Callback):
        def displayed(self, shown: Displayed) -> None:
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        Callbacks([Users()]).displayed(SHOWN)
    with pytest.raises(KeyboardInterrupt):
        Callbacks([Failing(KeyboardInterrupt())]).displayed(SHOWN)
