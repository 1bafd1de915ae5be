"""The process that looks at texts: ``python -m layerzoo.studio.checker.worker KIND``.

Questions come as lines of JSON, answers go out as lines of JSON. Each question is answered by a child of the
process, which has all modules loaded: a child that takes too long, or whose question is given up, is ended.
"""

from __future__ import annotations

import errno
import json
import os
import selectors
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

IDLE_S: Final = 600.0
"""Seconds without a question after which the process ends."""
_CHILDREN: Final = 2
_MEMORY: Final = 4 << 30
"""Bytes of address space that a child may take beyond what it begins with."""
_PIECE: Final = 1 << 20
Tasks = Mapping[str, Callable[..., Any]]


@dataclass
class _Child:
    """A question that is being answered."""

    question: dict[str, Any]
    pid: int
    pipe: int
    until: float
    data: bytearray = field(default_factory=bytearray)


class Worker:
    """Answers questions from one stream on another.

    Args:
        tasks: the functions that answer.
        source, target: descriptors of the streams.
        idle: seconds without a question after which it ends.
    """

    def __init__(self, tasks: Tasks, source: int = 0, target: int = 1, idle: float = IDLE_S) -> None:
        self.tasks, self.source, self.target, self.idle = tasks, source, target, idle
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}
        self._pending: deque[dict[str, Any]] = deque()
        self._text = bytearray()

    def run(self) -> None:
        """Answer until the stream ends or nobody asks any more."""
        self._selector.register(self.source, selectors.EVENT_READ)
        last = time.monotonic()
        while True:
            now = time.monotonic()
            if self._children:
                last = now
            elif now - last >= self.idle:
                return
            ends = [child.until for child in self._children.values()] or [last + self.idle]
            for key, _ in self._selector.select(max(0.0, min(ends) - now)):
                if key.fd != self.source:
                    self._receive(self._children[key.fd])
                elif not self._read():
                    for child in list(self._children.values()):
                        self._end(child)
                    return
            for child in list(self._children.values()):
                if time.monotonic() >= child.until:
                    self._end(child)
                    self._answer(child.question, {"error": self._late(child.question)})
            while self._pending and len(self._children) < _CHILDREN:
                self._begin(self._pending.popleft())

    @staticmethod
    def _late(question: Mapping[str, Any]) -> str:
        return f"not finished within {question['seconds']:g} seconds; given up"

    def _read(self) -> bool:
        """Take questions from the stream; False at its end."""
        piece = os.read(self.source, _PIECE)
        self._text += piece
        *lines, rest = self._text.split(b"\n")
        self._text = bytearray(rest)
        for line in lines:
            question = json.loads(line)
            self._give_up(question["task"], question["key"])
            self._pending.append(question)
        return bool(piece)

    def _give_up(self, task: str, key: str) -> None:
        """Give up older questions of a key."""
        if not key:
            return
        for child in list(self._children.values()):
            if (child.question["task"], child.question["key"]) == (task, key):
                self._end(child)
                self._answer(child.question, {"given": True})
        for question in [one for one in self._pending if (one["task"], one["key"]) == (task, key)]:
            self._pending.remove(question)
            self._answer(question, {"given": True})

    def _begin(self, question: dict[str, Any]) -> None:
        """Fork a child that answers."""
        pipe, inside = os.pipe()
        pid = os.fork()
        if not pid:
            with suppress(BaseException):
                os.close(pipe)
                os.close(self.source)
                _limit(question["seconds"])
                confine(question.get("folders", []))
                data = json.dumps(answer(self.tasks, question)).encode()
                while data:
                    data = data[os.write(inside, data) :]
            os._exit(0)
        os.close(inside)
        self._children[pipe] = _Child(question, pid, pipe, time.monotonic() + question["seconds"])
        self._selector.register(pipe, selectors.EVENT_READ)

    def _receive(self, child: _Child) -> None:
        piece = os.read(child.pipe, _PIECE)
        child.data += piece
        if piece:
            return
        self._end(child)
        try:
            value = json.loads(bytes(child.data))
        except ValueError:
            value = {
                "error": "it can't be looked at: too large for this machine's memory, or a mistake of ours"
            }
        self._answer(child.question, value)

    def _end(self, child: _Child) -> None:
        self._selector.unregister(child.pipe)
        os.close(child.pipe)
        del self._children[child.pipe]
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)

    def _answer(self, question: Mapping[str, Any], value: Mapping[str, Any]) -> None:
        data = json.dumps({"id": question["id"], **value}).encode() + b"\n"
        while data:
            data = data[os.write(self.target, data) :]


def answer(tasks: Tasks, question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a question: ``value`` or ``error``."""
    from layerzoo.errors import LayerzooError

    try:
        return {"value": tasks[question["task"]](**question["values"])}
    except LayerzooError as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")}
    except MemoryError:
        return {"error": "it takes too much memory to be looked at"}
    except RecursionError:
        return {"error": "it is nested too deeply"}
    except Exception as error:  # the process goes on; the page says what happened
        return {"error": f"a mistake of Layerzoo's own: {type(error).__name__}: {error}"}


def _limit(seconds: float) -> None:
    """Bound processor time and memory of this process."""
    import resource

    cpu = int(seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    with suppress(OSError, ValueError), open("/proc/self/statm") as file:  # noqa: PTH123 (a child: no imports)
        pages = int(file.read().split()[0])
        most = pages * resource.getpagesize() + _MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def confine(folders: Sequence[str]) -> None:
    """Let this process open files only below some folders, and what Python and Layerzoo consist of.

    A text of a stranger may name any file, and what is told of its faults would show the file's content.
    """
    if not folders:
        return
    from layerzoo.home import PACKAGE, home

    own = (str(PACKAGE), str(home()), sys.prefix, sys.base_prefix, "/proc", "/sys", "/dev/null")
    allowed = [os.path.realpath(one) for one in (*folders, *own)]

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(args[0]))
            if not any(path == one or path.startswith(f"{one}{os.sep}") for one in allowed):
                raise PermissionError(errno.EACCES, "it is outside the folders of this studio", path)

    sys.addaudithook(watch)


def main(kind: str) -> None:
    """Load all that is needed, then answer."""
    from layerzoo.studio.checker import quick

    tasks: dict[str, Callable[..., Any]] = dict(quick.TASKS)
    quick.load()
    if kind == "whole":
        from layerzoo.studio.checker import whole

        tasks |= whole.TASKS
        whole.load()
    Worker(tasks).run()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the studio ends it by closing the stream
    main(sys.argv[1])
