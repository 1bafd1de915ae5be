"""The page Look."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run


def test_page_without_a_net_offers_runs_and_entries(
    client: TestClient, studio: Studio, root: Path, home: Path
) -> None:
    text = client.get("/look").text
    assert "No run has written weights yet" in text
    assert "look?zoo=lenet-digits@1" in text
    write_run(root, "first")
    studio.index.refresh()
    assert f"look?run={studio.index.runs[0].id}" in client.get("/look").text


def test_page_of_a_net_shows_its_command(client: TestClient, home: Path) -> None:
    text = client.get("/look?zoo=lenet-digits").text
    assert "layerzoo classify -zoo lenet-digits@1 PICTURE" in text
    assert 'role="tablist"' in text
    assert 'style="' not in text


def test_page_of_a_net_that_is_missing(client: TestClient, home: Path) -> None:
    assert client.get("/look?zoo=nothing").status_code == 400
    assert client.get("/look?run=000000000000").status_code == 404
    assert client.get("/look?zoo=lenet-digits&run=x").status_code == 400
