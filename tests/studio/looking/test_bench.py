"""The worker's process, as the server keeps it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.looking.bench import Bench

FAKE = """
import json, os, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    if asked["task"] == "crash":
        print("it broke here", file=sys.stderr)
        os._exit(3)
    if asked["task"] == "leave" and not os.path.exists("left"):
        open("left", "w").close()
        os._exit(0)
    if asked["task"] == "hang":
        time.sleep(60)
    answer = {"error": "no such picture"} if asked["task"] == "refuse" else {"value": asked["values"]}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench whose worker repeats what it is given."""
    made = Bench(tmp_path / "look", tmp_path, [sys.executable, "-c", FAKE])
    yield made
    made.close()


def test_answer_of_the_worker(bench: Bench) -> None:
    assert bench.pid is None, "it starts on first use"
    assert bench.ask("say", word="ö\n") == {"word": "ö\n"}
    pid = bench.pid
    assert bench.ask("say") == {}
    assert bench.pid == pid, "one process answers all"


def test_refusal_is_told(bench: Bench) -> None:
    with pytest.raises(UsageError, match=r"^no such picture$"):
        bench.ask("refuse")


def test_crash_is_told_and_the_next_request_works(bench: Bench) -> None:
    with pytest.raises(UsageError, match=r"exit code 3.*it broke here"):
        bench.ask("crash")
    assert bench.ask("say", word="again") == {"word": "again"}


def test_worker_that_takes_too_long_is_ended(bench: Bench) -> None:
    bench.ask("say")
    before = bench.pid
    with pytest.raises(UsageError, match=r"more than 0\.3 seconds"):
        bench.ask("hang", seconds=0.3)
    assert bench.pid is None
    assert bench.ask("say", word="again") == {"word": "again"}
    assert bench.pid != before


def test_request_to_a_worker_that_is_leaving_is_sent_again(bench: Bench) -> None:
    assert bench.ask("leave", word="again") == {"word": "again"}


def test_few_requests_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_places", threading.BoundedSemaphore(1))

    def hang() -> None:
        with pytest.raises(UsageError, match="more than 1 seconds"):
            bench.ask("hang", seconds=1.0)

    slow = threading.Thread(target=hang)
    slow.start()
    while bench.pid is None:
        slow.join(0.01)
    with pytest.raises(UsageError, match="wait for the worker already"):
        bench.ask("say")
    slow.join()
    assert bench.ask("say") == {}


def test_requests_of_several_threads_do_not_mix(bench: Bench) -> None:
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        answers[number] = bench.ask("say", number=number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: {"number": number} for number in range(8)}


def test_close_ends_the_worker(bench: Bench) -> None:
    bench.ask("say")
    bench.close()
    assert bench.pid is None


def test_worker_of_its_own_checks_pictures_without_torch(tmp_path: Path, digit: Path) -> None:
    bench = Bench(tmp_path / "look", tmp_path)
    try:
        assert bench.ask("check", file=str(digit)) == {"width": 8, "height": 8}
        with pytest.raises(UsageError, match="no picture"):
            bench.ask("check", file=__file__)
    finally:
        bench.close()
