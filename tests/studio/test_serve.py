"""The web server, in a process of its own."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.serve import serve
from layerzoo.studio.settings import Settings

DEADLINE_S = 60


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """A server: process, port and token."""
    process = subprocess.Popen(
        [sys.executable, "-m", "layerzoo", "studio", "-nobrowser", "-port", "0", "-root", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "LAYERZOO_HOME": str(tmp_path / "home")},
    )
    assert process.stdout is not None
    said = process.stdout.readline() + process.stdout.readline()
    match = re.search(r"http://127\.0\.0\.1:(\d+)/login\?token=(\S+)\n", said)
    assert match, said
    yield process, int(match[1]), match[2]
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_a_signal(server: tuple[subprocess.Popen[str], int, str], number: int) -> None:
    process, port, token = server
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    connection.request("GET", "/api/machine", headers={"authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("server") is None
    answer.read()
    stream = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    stream.request("GET", "/api/events", headers={"authorization": f"Bearer {token}"})
    assert b"retry" in stream.getresponse().readline()  # a client that listens doesn't hold it up
    process.send_signal(number)
    assert process.wait(DEADLINE_S) in (0, 128 + number, -number)
    assert process.stdout is not None
    assert "Traceback" not in process.stdout.read()
    connection.close()
    stream.close()


def test_only_this_machine_reaches_it(server: tuple[subprocess.Popen[str], int, str]) -> None:
    _, port, _ = server
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, state = line.split()[1], line.split()[3]
        address, _, number = local.partition(":")
        if int(number, 16) == port and state == "0A":
            assert address == "0100007F"
            return
    raise AssertionError("it does not listen")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"-port {port} of -host 127.0.0.1 can't be used"):
            serve(Settings(port=port, roots=(tmp_path,), folder=tmp_path), print, browser=False)
