"""The bounds of a server; ``test_server.py`` tests them on the zoo's."""

from __future__ import annotations

import logging
import socket
import threading

import pytest

from layerzoo.zoo.bounded_server import MAX_CONNECTIONS, BoundedHandler, BoundedServer


class Failing(BoundedHandler):
    """A handler with a bug."""

    def do_GET(self) -> None:  # noqa: N802 (its base names it so)
        raise ValueError("a bug\x1b[2J")


def test_exception_of_a_handler_is_logged_and_ends_its_connection_only(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with BoundedServer(("127.0.0.1", 0), Failing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with caplog.at_level(logging.WARNING, "layerzoo"):
            for _ in range(2):
                with socket.create_connection(server.server_address[:2], timeout=10) as connection:
                    connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    assert connection.recv(1) == b""
        server.shutdown()
        thread.join()
    assert caplog.messages == [r"127.0.0.1: ValueError: a bug\x1b[2J"] * 2
    assert capfd.readouterr().err == ""


def test_connections_are_closed_with_the_server() -> None:
    server = BoundedServer(("127.0.0.1", 0), BoundedHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with socket.create_connection(server.server_address[:2], timeout=10) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 501"
        server.shutdown()
        thread.join()
        server.server_close()
        while connection.recv(4096):
            pass
    assert MAX_CONNECTIONS == 64
