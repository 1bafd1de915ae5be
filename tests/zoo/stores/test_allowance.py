"""Sockets with a limited time and a limited number of bytes."""

from __future__ import annotations

import socket
import time

import pytest

from layerzoo.zoo.stores.allowance import Allowance, dial


def test_allowance_runs_out_of_time_and_bytes() -> None:
    allowance = Allowance(60, 10)
    assert 59 < allowance.left() <= 60
    allowance.take(10)
    with pytest.raises(ConnectionError, match="headers, or the framing of the body, are too long"):
        allowance.take(1)
    allowance.grant(0.0, 10)
    with pytest.raises(TimeoutError, match="no complete answer within 0 seconds"):
        allowance.left()


def test_time_of_a_socket_does_not_start_anew_with_each_byte() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        allowance = Allowance(0.5, 100)
        with dial("127.0.0.1", listener.getsockname()[1], allowance) as client:
            peer, _ = listener.accept()
            start, count = time.monotonic(), 0

            def receive() -> None:
                nonlocal count
                while True:
                    peer.sendall(b"x")
                    count += client.recv_into(bytearray(1))
                    time.sleep(0.05)

            with peer, pytest.raises(TimeoutError):
                receive()
    assert count >= 2
    assert time.monotonic() - start < 5


def test_dial_tries_all_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        found = [(*kind, free.getsockname()), (*kind, listener.getsockname())]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with dial("models.example", 80, Allowance(10, 100)) as client:
            assert client.getpeername() == listener.getsockname()
        found.pop()
        with pytest.raises(ConnectionRefusedError):
            dial("models.example", 80, Allowance(10, 100))


def test_unknown_name_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(OSError, match="Name or service not known"):
        dial("models.example", 80, Allowance(10, 100))
    monkeypatch.undo()
    with pytest.raises(OSError, match="label"):
        dial("a" * 70 + ".example", 80, Allowance(10, 100))
