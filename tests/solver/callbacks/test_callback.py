"""Callbacks, and calls of several."""

from __future__ import annotations

from pathlib import Path

from layerzoo.solver import Callback, Displayed, Scores
from layerzoo.solver.callbacks.callback import Callbacks

SHOWN = Displayed(3, 0.5, 0.1, {"l": [0.5]})


class Notes(Callback):
    def __init__(self, notes: list[tuple[object, ...]], name: str) -> None:
        self.notes, self.name = notes, name

    def started(self, iteration: int, tested: bool) -> None:
        self.notes.append((self.name, "started", iteration, tested))

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
    callback.displayed(SHOWN)
    callback.tested(4, 0, Scores())
    callback.saved(5, Path("x"))
    callback.ended(6)


def test_callbacks_tell_every_member_in_order() -> None:
    notes: list[tuple[object, ...]] = []
    call(Callbacks([Notes(notes, "a"), Callback(), Notes(notes, "b")]))
    events = [
        ("started", 1, True),
        (SHOWN,),
        ("tested", 4, 0, Scores()),
        ("saved", 5, Path("x")),
        ("ended", 6),
    ]
    assert notes == [(name, *event) for event in events for name in "ab"]
