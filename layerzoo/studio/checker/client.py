"""The studio's side of the processes that look at texts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, Final, Literal

from layerzoo.errors import LayerzooError, UsageError

SECONDS: Final = 30.0
"""The longest time of an answer."""
_START_S: Final = 25.0
"""Seconds that a process may take to start, on a busy machine."""
Kind = Literal["quick", "whole"]


class Given(UsageError):  # noqa: N818 (it is no failure)
    """A question was given up, since a newer one of the same key came."""


class Workers:
    """The two processes: one that knows the schema and starts quickly, one that also wires and draws nets."""

    def __init__(self) -> None:
        self.quick = Worker("quick")
        self.whole = Worker("whole")

    def warm(self) -> None:
        """Start both, so that the first question doesn't wait for it."""
        self.quick.warm()
        self.whole.warm()

    def close(self) -> None:
        """End both."""
        self.quick.close()
        self.whole.close()


class Worker:
    """A process that answers questions; it is started by the first one, and again after it has ended.

    Args:
        kind: which process it is.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: dict[int, Future[Any]] = {}
        self._asked = 0

    @property
    def pid(self) -> int | None:
        """The number of the process; None if it doesn't run."""
        with self._lock:
            return None if self._process is None or self._process.poll() is not None else self._process.pid

    def ask(
        self,
        task: str,
        key: str = "",
        seconds: float = SECONDS,
        *,
        folders: Sequence[str] = (),
        **values: Any,
    ) -> Any:
        """The answer to a question.

        Args:
            task: the name of a function of the process.
            key: who asks; an older question of the same task and key is given up.
            seconds: the longest time.
            folders: the only ones whose files it may read, beside Layerzoo's own; empty: all files.
            values: its arguments.

        Raises:
            Given: a newer question of the same key came.
            LayerzooError: what is asked for is wrong; it took too long; or the process has ended.
        """
        question = {"task": task, "key": key, "seconds": seconds, "folders": [*folders], "values": values}
        number, future = self._send(question)
        try:
            answer = future.result(seconds + _START_S)
        except TimeoutError:
            self.close()  # it hangs: a child that takes too long is ended by the process itself
            raise LayerzooError(f"no answer within {seconds:g} seconds") from None
        finally:
            self._waiting.pop(number, None)
        if answer is None:
            raise LayerzooError("the process that looks at nets has ended; try again")
        if answer.get("given"):
            raise Given("a newer text is looked at")
        if "error" in answer:
            raise UsageError(answer["error"])
        return answer["value"]

    def warm(self) -> None:
        """Start the process if it doesn't run."""
        with self._lock:
            self._started()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _send(self, question: dict[str, Any]) -> tuple[int, Future[Any]]:
        with self._lock:
            for _ in range(2):  # it may end, for nobody has asked for long, just when the question is sent
                process = self._started()
                self._asked += 1
                future: Future[Any] = Future()
                self._waiting[self._asked] = future
                line = json.dumps({"id": self._asked, **question}).encode() + b"\n"
                assert process.stdin is not None
                with suppress(OSError):
                    process.stdin.write(line)
                    process.stdin.flush()
                    return self._asked, future
                del self._waiting[self._asked]
                self._process = None
        raise LayerzooError("the process that looks at nets doesn't start")

    def _started(self) -> subprocess.Popen[bytes]:
        """The process; started if it doesn't run. The lock is held."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "layerzoo.studio.checker.worker", self.kind],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
            Thread(target=self._read, args=(self._process,), daemon=True).start()
        return self._process

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Pass answers on to those who wait, until the process ends."""
        assert process.stdout is not None
        assert process.stdin is not None
        with process.stdout as stream:
            for line in stream:
                answer = json.loads(line)
                future = self._waiting.get(answer["id"])
                if future is not None:
                    future.set_result(answer)
        process.wait()
        with suppress(OSError):
            process.stdin.close()
        with self._lock:
            if self._process in (None, process):  # a later one answers what was asked of it
                self._process = None
                for future in self._waiting.values():
                    if not future.done():
                        future.set_result(None)
