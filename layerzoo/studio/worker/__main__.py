"""The loop of the process: a request, an answer."""

from __future__ import annotations

import json
import os
import select
import sys
import traceback
from importlib import import_module
from typing import Any, BinaryIO, Final

from layerzoo.errors import ConfigError, LayerzooError
from layerzoo.studio.routing.record import written

TASKS: Final = {
    "check": ("pictures", "check"),
    "preview": ("pictures", "preview"),
    "describe": ("describe", "describe"),
    "classify": ("answers", "classify"),
    "detect": ("answers", "detect"),
    "segment": ("answers", "segment"),
    "samples": ("answers", "samples"),
    "layers": ("insight", "layers"),
    "explain": ("insight", "explain"),
    "text": ("texts", "text"),
    "draw": ("texts", "draw"),
}
"""The module and the function of each task; modules are imported on first use, since torch takes seconds."""
IDLE_S: Final = 600.0


def main() -> None:
    """Answer requests until stdin ends, or for ten minutes none has come."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand among the answers
    waiting = bytearray()
    while True:
        ready, _, _ = select.select([0], [], [], IDLE_S)
        data = os.read(0, 1 << 16) if ready else b""
        if not data:
            return
        waiting += data
        while (end := waiting.find(b"\n")) >= 0:
            line = bytes(waiting[:end])
            del waiting[: end + 1]
            _answer(line, answers)


def _answer(line: bytes, answers: BinaryIO) -> None:
    asked = json.loads(line)
    try:
        answer = {"value": written(run(asked["task"], asked["values"]))}
    except ConfigError as error:
        answer = {"error": str(error), "faults": [str(fault) for fault in error.faults]}
    except LayerzooError as error:
        answer = {"error": str(error)}
    except OSError as error:
        answer = {"error": f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")}
    except MemoryError:
        answer = {"error": "this needs more memory than the machine has"}
    except Exception as error:
        traceback.print_exc()
        answer = {"error": f"an error of the worker's own: {type(error).__name__}: {error}"}
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def run(task: str, values: dict[str, Any]) -> Any:
    """Run a task."""
    module, function = TASKS[task]
    return getattr(import_module(f"layerzoo.studio.worker.{module}"), function)(**values)


if __name__ == "__main__":
    main()
    sys.exit(0)
