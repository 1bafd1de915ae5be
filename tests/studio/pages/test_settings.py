"""The page of settings."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.app import application
from layerzoo.studio.studio import Studio
from tests.studio.conftest import ORIGIN


def test_settings_show_folders_limits_and_tokens(client: TestClient, studio: Studio, root: Path) -> None:
    client.post("/api/tokens", json={"name": "nightly"})
    page = client.get("/settings").text
    assert str(root) in page
    assert 'name="cpu" min="1" max="1000" value="1"' in page
    assert "nightly" in page


def test_settings_are_the_admins(client: TestClient, studio: Studio) -> None:
    text = studio.tokens.add("runner", "run")
    program = TestClient(application(studio), ORIGIN, headers={"authorization": f"Bearer {text}"})
    answer = program.get("/settings")
    assert answer.status_code == 403
    assert "it takes admin" in answer.text
