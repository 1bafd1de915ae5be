"""The worker's loop, as a process."""

from __future__ import annotations

import json
import subprocess
import sys

from layerzoo.studio.worker import __main__ as worker


def test_worker_answers_each_line_and_ends_with_stdin() -> None:
    asked = [
        {"task": "check", "values": {"file": "/no/such.png"}},
        {"task": "check", "values": {"file": __file__}},
        {"task": "check", "values": {"wrong": 1}},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "layerzoo.studio.worker"],
        input="".join(json.dumps(one) + "\n" for one in asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers = [json.loads(line)["error"] for line in done.stdout.splitlines()]
    assert "/no/such.png" in answers[0] or "No such file" in answers[0]
    assert "this is no picture" in answers[1]
    assert "an error of the worker's own: TypeError" in answers[2]
    assert "Traceback" in done.stderr


def test_worker_ends_when_it_is_idle() -> None:
    code = "import layerzoo.studio.worker.__main__ as w; w.IDLE_S = 0.1; w.main()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        assert process.wait(60) == 0, "its stdin is still open"


def test_all_tasks_are_functions() -> None:
    from importlib import import_module

    for module, function in worker.TASKS.values():
        assert callable(getattr(import_module(f"layerzoo.studio.worker.{module}"), function))
