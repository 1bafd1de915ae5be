"""TCP connections: signs of life, and the way to another machine."""

from __future__ import annotations

import socket
import sys

import pytest

from layerzoo import connections
from layerzoo.connections import Peer, lost_connection

GLOO = (
    "[third_party/gloo/gloo/transport/tcp/pair.cc:537] Read error [10.77.0.2]:41615: {}. This is typically "
    "caused by a remote worker hanging or bugs in the application."
)
PEERS = [Peer("node1", ["10.77.0.1"]), Peer("node2", ["10.77.0.2"]), Peer("node2", ["10.77.0.2"])]


@pytest.mark.skipif(sys.platform != "linux", reason="open files are listed by Linux")
def test_keep_alive_reaches_connections_of_any_origin() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        before = connections.keep_alive()
        with socket.create_connection(server.getsockname()) as one, server.accept()[0] as other:
            assert connections.keep_alive() == before + 2  # not the one that listens
            for each in (one, other):
                assert each.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                idle = each.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
                between = each.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
                count = each.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
                assert idle + between * count == 60
                assert each.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
            assert "127.0.0.1" in connections.own_addresses()
            one.sendall(b"still open")
            assert other.recv(10) == b"still open"


def test_own_address_is_that_of_the_interface() -> None:
    assert connections.own_address("127.0.0.1") == "127.0.0.1"
    assert connections.interface("127.0.0.1") == "lo"
    assert connections.is_own("localhost")
    assert not connections.is_own("192.0.2.77")
    assert not connections.is_own("nowhere.invalid")
    assert connections.own_address("nowhere.invalid") is None
    assert connections.interface("192.0.2.77") is None


@pytest.mark.parametrize(("address", "hidden"), [("127.0.1.1", True), ("10.0.0.1", False), (None, True)])
def test_hides_itself_behind_a_name_of_its_own(
    monkeypatch: pytest.MonkeyPatch, address: str | None, hidden: bool
) -> None:
    def look_up(name: str) -> str:
        if address is None:
            raise OSError
        return address

    monkeypatch.setattr(socket, "gethostbyname", look_up)
    assert connections.hides_itself() == hidden


def test_lost_connection_names_machine_and_processes() -> None:
    lost = lost_connection(GLOO.format("Connection timed out"), PEERS)
    assert lost == (
        "the connection to machine node2 (10.77.0.2; processes 1 to 2 of 3) is lost: nothing has come from "
        "there for 60 s; the network is down, or the machine is off"
    )
    lost = lost_connection(GLOO.format("No route to host"), PEERS[:2])
    assert lost is not None
    assert "machine node2 (10.77.0.2; process 1 of 2) is lost" in lost
    lost = lost_connection("Network is unreachable", [])
    assert lost is not None
    assert lost.startswith("the connection to another machine is lost")
    assert lost_connection(GLOO.format("Connection reset by peer"), PEERS) is None
