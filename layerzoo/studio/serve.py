"""Runs the web server."""

from __future__ import annotations

import logging
import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final

import uvicorn

from layerzoo.errors import UsageError
from layerzoo.studio.app import application
from layerzoo.studio.events import Events
from layerzoo.studio.settings import Settings
from layerzoo.studio.studio import Studio
from layerzoo.terminal_text import one_line

_CONNECTIONS: Final = 512
_BACKLOG: Final = 128
_IDLE_S: Final = 30
_HEAD_BYTES: Final = 1 << 16
_END_S: Final = 3


def serve(settings: Settings, say: Callable[[str], None], browser: bool) -> None:
    """Serve until a signal ends it; jobs go on.

    Args:
        settings: how it is started.
        say: prints a line.
        browser: open the address in a browser.

    Raises:
        UsageError: a setting can't be used, or the port is taken.
    """
    listening = _listen(settings.host, settings.port)
    with listening:
        studio = Studio.make(settings, listening.getsockname()[1])
        address = f"{studio.site.url}/login?token={studio.sessions.token}"
        config = uvicorn.Config(
            application(studio),
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
            date_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=_IDLE_S,
            timeout_graceful_shutdown=_END_S,
            h11_max_incomplete_event_size=_HEAD_BYTES,
            proxy_headers=False,
            ws="none",
        )
        say("Layerzoo Studio is at")
        say(address)
        say("Ctrl-C ends it; what is training goes on.")
        if browser:
            webbrowser.open(address)
        with suppress(KeyboardInterrupt):  # uvicorn raises the signal again that has ended it
            _Server(config, studio.events).run(sockets=[listening])
        studio.index.close()


class _Server(uvicorn.Server):
    """Ends the streams of open pages at once; they would hold it up."""

    def __init__(self, config: uvicorn.Config, events: Events) -> None:
        super().__init__(config)
        self._events = events

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        self._events.close()
        super().handle_exit(sig, frame)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except (OSError, TypeError, ValueError) as error:  # a text that is no name of a host
        listening.close()
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"-port {port} of -host {one_line(host)} can't be used ({reason}); -port 0 takes a free port"
        ) from None
    return listening
