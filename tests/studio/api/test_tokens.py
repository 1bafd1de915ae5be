"""Tokens over the API."""

from __future__ import annotations

from starlette.testclient import TestClient

from layerzoo.studio.app import application
from layerzoo.studio.studio import Studio
from tests.studio.conftest import ORIGIN


def test_a_token_allows_what_its_role_does(client: TestClient, studio: Studio) -> None:
    made = client.post("/api/tokens", json={"name": "looker", "role": "view"}).json()
    program = TestClient(application(studio), ORIGIN, headers={"authorization": f"Bearer {made['token']}"})
    assert program.get("/api/runs").status_code == 200
    assert program.post("/api/jobs/1/stop").status_code == 403
    assert program.get("/api/tokens").status_code == 403
    (known,) = client.get("/api/tokens").json()
    assert (known["name"], known["role"], sorted(known)) == ("looker", "view", ["created", "name", "role"])
    assert client.delete("/api/tokens/looker").status_code == 200
    assert program.get("/api/runs").status_code == 401
