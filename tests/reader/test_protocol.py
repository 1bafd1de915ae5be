"""Messages between processes, and what is not one."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from layerzoo.reader.protocol import Channel, ProtocolError

LIMIT = 1 << 20


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


Ends = tuple[socket.socket, socket.socket]


def frame(head: bytes, parts: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack("<4sIQ", b"LZR1", len(head), len(parts) if size is None else size) + head + parts


def test_message_arrives_as_it_was_sent(ends: Ends) -> None:
    Channel(ends[0]).send({"call": "read", "indices": [1, 2]}, [b"ab", b"", memoryview(b"cde")])
    head, parts = Channel(ends[1]).receive(LIMIT)
    assert head == {"call": "read", "indices": [1, 2]}
    assert [bytes(part) for part in parts] == [b"ab", b"", b"cde"]


def test_large_message_arrives(ends: Ends) -> None:
    data = random.Random(0).randbytes(50_000_000)
    sender = threading.Thread(target=Channel(ends[0]).send, args=({}, [data]))
    sender.start()
    assert Channel(ends[1]).receive(len(data)).parts == [data]
    sender.join()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        frame(b"[]"),
        frame(b"{"),
        frame(b"[" * 100_000),
        frame(b"9" * 10_000),
        frame(b"\xff\xfe{}"),
        frame(b'{"parts": [3]}', b"ab"),
        frame(b'{"parts": [-1, 3]}', b"ab"),
        frame(b'{"parts": [true, 1]}', b"ab"),
        frame(b'{"parts": [2.0]}', b"ab"),
        frame(b'{"parts": {"0": 2}}', b"ab"),
        frame(b"{}", b"ab"),
        frame(b"{}", size=LIMIT + 1),
        struct.pack("<4sIQ", b"LZR1", 1 << 31, 0),
    ],
)
def test_what_is_not_a_message_is_a_protocol_error(ends: Ends, sent: bytes) -> None:
    sender = threading.Thread(target=ends[0].sendall, args=(sent,))
    sender.start()
    with pytest.raises(ProtocolError):
        Channel(ends[1]).receive(LIMIT)
    sender.join()


def test_changed_messages_are_read_or_refused(ends: Ends) -> None:
    rng = random.Random(1)
    good = frame(json.dumps({"entries": 3, "parts": [1, 2]}).encode(), b"abc")
    refused = 0
    for _ in range(2000):
        changed = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        one, other = socket.socketpair()
        with one, other:
            one.sendall(changed[: rng.randint(0, len(changed))] if rng.random() < 0.3 else changed)
            one.shutdown(socket.SHUT_WR)
            try:
                Channel(other).receive(LIMIT, time.monotonic() + 10)
            except (ProtocolError, EOFError):
                refused += 1
    assert refused > 1000


def test_declared_size_takes_no_memory_before_the_bytes_arrive(ends: Ends) -> None:
    ends[0].sendall(frame(b'{"parts": [2000000000]}', b"x" * 1000, size=2_000_000_000))
    ends[0].shutdown(socket.SHUT_WR)
    tracemalloc.start()
    with pytest.raises(EOFError):
        Channel(ends[1]).receive(1 << 31)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 25


def test_deadline_holds_for_a_message_that_trickles(ends: Ends) -> None:
    stopped = threading.Event()

    def trickle() -> None:
        for byte in frame(b" " * 10_000):
            if stopped.wait(0.02):
                return
            ends[0].sendall(bytes([byte]))

    sender = threading.Thread(target=trickle)
    sender.start()
    with pytest.raises(TimeoutError):
        Channel(ends[1]).receive(LIMIT, time.monotonic() + 0.3)
    stopped.set()
    sender.join()


def test_send_gives_up_at_its_deadline(ends: Ends) -> None:
    with pytest.raises(TimeoutError):
        Channel(ends[0]).send({}, [bytes(100_000_000)], time.monotonic() + 0.2)
    with pytest.raises(TimeoutError):
        Channel(ends[0]).send({}, deadline=time.monotonic() - 1)
