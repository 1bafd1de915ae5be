"""The process that answers questions."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.checker.worker import Worker, answer


def nap(length: float) -> str:
    time.sleep(length)
    return "rested"


def die() -> None:
    os._exit(1)


def refuse() -> None:
    raise UsageError("no")


def break_() -> None:
    raise ValueError("x")


TASKS: dict[str, Callable[..., Any]] = {
    "nap": nap,
    "die": die,
    "refuse": refuse,
    "break": break_,
    "long": lambda: "a" * 3_000_000,
}


class Talk:
    """A worker in a thread, and the ends of its streams."""

    def __init__(self, idle: float) -> None:
        source, self.ask_at = os.pipe()
        self.answers_at, target = os.pipe()
        self.thread = threading.Thread(target=Worker(TASKS, source, target, idle).run)
        self.thread.start()
        self.lines = os.fdopen(self.answers_at)
        self.asked = 0
        self.is_open = True
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """Close a child's end of the stream: it has one only since the worker is a thread here."""
        if self.is_open:
            os.close(self.ask_at)

    def ask(self, task: str, key: str = "", seconds: float = 30.0, **values: Any) -> int:
        self.asked += 1
        question = {"id": self.asked, "task": task, "key": key, "seconds": seconds, "values": values}
        os.write(self.ask_at, json.dumps(question).encode() + b"\n")
        return self.asked

    def answer(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.lines.readline())
        return value

    def end(self) -> None:
        self.is_open = False
        os.close(self.ask_at)
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def talk() -> Iterator[Talk]:
    made = Talk(600)
    yield made
    made.end()
    made.lines.close()


pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def test_answers_and_refusals(talk: Talk) -> None:
    talk.ask("nap")
    assert "error" in talk.answer()  # an argument is missing
    talk.ask("refuse")
    assert talk.answer() == {"id": 2, "error": "no"}
    talk.ask("long")
    assert len(talk.answer()["value"]) == 3_000_000


def test_a_child_that_dies_is_told(talk: Talk) -> None:
    talk.ask("die")
    assert "can't be looked at" in talk.answer()["error"]


def test_a_newer_question_of_a_key_ends_the_older_one(talk: Talk) -> None:
    old = talk.ask("nap", "page", length=600)
    other = talk.ask("nap", "another page", length=0)
    assert talk.answer() == {"id": other, "value": "rested"}
    new = talk.ask("nap", "page", length=0)
    assert talk.answer() == {"id": old, "given": True}
    assert talk.answer() == {"id": new, "value": "rested"}


def test_questions_that_wait_are_given_up_too(talk: Talk) -> None:
    busy = [talk.ask("nap", name, length=600) for name in "ab"]
    waits = talk.ask("nap", "c", length=0)
    newer = talk.ask("nap", "c", length=0)
    assert talk.answer() == {"id": waits, "given": True}
    again = talk.ask("nap", "a", length=0)
    assert talk.answer() == {"id": busy[0], "given": True}
    assert [talk.answer()["id"] for _ in range(2)] == [newer, again]


def test_late_answers_are_given_up(talk: Talk) -> None:
    talk.ask("nap", seconds=0.2, length=600)
    assert talk.answer()["error"] == "not finished within 0.2 seconds; given up"


def test_it_ends_when_nobody_asks() -> None:
    talk = Talk(0.1)
    talk.thread.join(30)
    assert not talk.thread.is_alive()
    talk.end()
    talk.lines.close()


@pytest.mark.parametrize(
    ("task", "said"), [("refuse", "no"), ("break", "a mistake of Layerzoo's own: ValueError: x")]
)
def test_mistakes_become_messages(task: str, said: str) -> None:
    assert answer(TASKS, {"task": task, "values": {}}) == {"error": said}
