"""The machine and events."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from layerzoo.studio import events
from layerzoo.studio.api import system
from layerzoo.version import __version__


def test_machine(client: TestClient) -> None:
    machine = client.get("/api/machine").json()
    assert machine["version"] == __version__
    assert 0 < machine["memory"]["used"] < machine["memory"]["total"]
    assert machine["memory"]["processors"] >= 1


def test_too_many_pages(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "MAX_CLIENTS", 0)
    assert client.get("/api/events").status_code == 400
    assert events.MAX_CLIENTS == 256
