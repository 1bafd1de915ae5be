"""The application: errors and limits of its routes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from starlette.testclient import TestClient

from layerzoo.errors import ConfigError, Fault
from layerzoo.studio import api, pages
from layerzoo.studio.app import application
from layerzoo.studio.routing import route
from layerzoo.studio.studio import Request, Studio
from tests.studio.conftest import ORIGIN


@dataclass
class Body:
    """A body."""

    name: str


def faulty(call: Request) -> None:
    raise ConfigError([Fault("first"), Fault("second")])


def full(call: Request) -> None:
    raise OSError(28, "No space left on device", "/nets/x")


GO = Event()
WENT: list[bool] = []


def slow(call: Request) -> None:
    WENT.append(GO.wait(20))


def broken(call: Request) -> None:
    raise ZeroDivisionError("a secret of the program's own")


def named(call: Request) -> Body:
    return Body(call.body.name)


@pytest.fixture
def own(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A client of a studio with further routes."""
    api.load()  # the modules' own routes stay where they are
    pages.load()
    table = dict(route._routes)
    monkeypatch.setattr(route, "_routes", table)
    for path, call in (("faulty", faulty), ("full", full), ("slow", slow), ("broken", broken)):
        route.service("GET", f"/api/own/{path}", seconds=0.05 if path == "slow" else 60)(call)
    route.service("POST", "/api/own/named", body=Body)(named)
    route.service("POST", "/api/own/late", body=Body, seconds=0.05)(named)
    route.page("/own/broken")(broken)
    headers = {"authorization": f"Bearer {studio.sessions.token}"}
    return TestClient(application(studio), ORIGIN, headers=headers, raise_server_exceptions=False)


def test_mistakes_are_told_with_all_faults(own: TestClient) -> None:
    answer = own.get("/api/own/faulty")
    assert answer.status_code == 400
    assert answer.json() == {"error": "first\nsecond", "faults": ["first", "second"]}


def test_a_full_disk_is_told(own: TestClient) -> None:
    answer = own.get("/api/own/full")
    assert answer.status_code == 500
    assert answer.json() == {"error": "/nets/x: No space left on device"}


def test_a_route_has_a_time_limit(own: TestClient) -> None:
    answer = own.get("/api/own/slow")
    assert WENT == []  # the function still runs
    GO.set()
    assert answer.status_code == 504
    assert "within 0.05 seconds" in answer.json()["error"]


def test_a_body_that_does_not_come_has_the_same_limit(own: TestClient) -> None:
    async def ask() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        headers = {"host": "127.0.0.1:8765", "content-type": "application/json", **own.headers}

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(60)
            raise AssertionError("it waits for the body")

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/api/own/late", "raw_path": b"/api/own/late",
            "query_string": b"", "root_path": "", "scheme": "http", "server": ("127.0.0.1", 8765),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        await own.app(scope, receive, send)
        return sent

    answer = asyncio.run(asyncio.wait_for(ask(), 30))
    assert answer[0]["status"] == 504


def test_errors_of_the_studios_own_tell_nothing(own: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    for path in ("/api/own/broken", "/own/broken"):
        answer = own.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "its log says more" in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_bodies_are_json(own: TestClient) -> None:
    assert own.post("/api/own/named", json={"name": "x"}).json() == {"name": "x"}
    for content in (b"", b"{", b"[" * 100_000, b"\xff"):
        answer = own.post("/api/own/named", content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 400
        assert "no JSON" in answer.json()["error"]
    answer = own.post("/api/own/named", content=b"{}", headers={"content-type": "text/plain"})
    assert "Content-Type: application/json" in answer.json()["error"]


def test_unknown_addresses(own: TestClient) -> None:
    assert own.get("/api/nothing").json() == {"error": "no page /api/nothing"}
    assert "no page /nothing" in own.get("/nothing").text
    assert own.put("/api/own/named").status_code == 405


def test_the_server_never_imports_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from layerzoo.studio import app, serve; from layerzoo.studio.settings import Settings;"
        "from layerzoo.studio.studio import Studio; from pathlib import Path;"
        "studio = Studio.make(Settings(roots=(Path(sys.argv[1]),), folder=Path(sys.argv[1]) / 's'), 1);"
        "app.application(studio); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_streams_end_with_the_studio(studio: Studio) -> None:
    with TestClient(application(replace(studio)), ORIGIN) as client:
        assert client.get("/api/runs").status_code == 401
    assert studio.events.clients == 0
