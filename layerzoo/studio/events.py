"""Tells open pages what has changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from secrets import token_hex
from typing import Final

_WAITING: Final = 64
"""Changes that a client may have waiting; one that takes none for longer loads all anew."""
_BEAT_S: Final = 15.0
"""Seconds after which a line without a meaning is sent, so that proxies keep the connection."""
MAX_CLIENTS: Final = 256


class Events:
    """Passes changes on to clients, from any thread."""

    def __init__(self) -> None:
        self._queues: dict[asyncio.Queue[str], asyncio.AbstractEventLoop] = {}
        self._closing = False
        self._start, self._count = token_hex(4), 0

    @property
    def clients(self) -> int:
        """Number of clients that listen."""
        return len(self._queues)

    @property
    def version(self) -> str:
        """Other after each change; a page that was made before one is told so when it begins to listen."""
        return f"{self._start}-{self._count}"

    def publish(self, runs: Iterable[str] = (), jobs: Iterable[str] = ()) -> None:
        """Tell all clients of a change."""
        change = {"runs": list(runs), "jobs": list(jobs)}
        if change["runs"] or change["jobs"]:
            self._count += 1
            self._send(f"event: change\ndata: {json.dumps(change)}\n\n")

    def close(self) -> None:
        """End all streams."""
        self._closing = True
        self._send("")

    async def stream(self) -> AsyncIterator[str]:
        """What one client is sent, in the form of server-sent events."""
        queue: asyncio.Queue[str] = asyncio.Queue(_WAITING)
        self._queues[queue] = asyncio.get_running_loop()
        try:
            yield f"retry: 1000\n\nevent: hello\ndata: {self.version}\n\n"
            while not self._closing:
                try:
                    text = await asyncio.wait_for(queue.get(), _BEAT_S)
                except TimeoutError:
                    text = ": beat\n\n"
                if text:
                    yield text
        finally:
            del self._queues[queue]

    def _send(self, text: str) -> None:
        for queue, loop in list(self._queues.items()):
            loop.call_soon_threadsafe(_put, queue, text)


def _put(queue: asyncio.Queue[str], text: str) -> None:
    if queue.full():  # slower than the changes: one line says so in place of all
        while not queue.empty():
            queue.get_nowait()
        text = "event: all\ndata: {}\n\n" if text else text
    queue.put_nowait(text)
