"""A studio over empty folders, and runs to show in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.studio.app import application
from layerzoo.studio.settings import Settings
from layerzoo.studio.studio import Studio
from tests.studio.runs import write_run

ORIGIN = "http://127.0.0.1:8765"

__all__ = ["write_run"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder that the studio may use."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def studio(tmp_path: Path, root: Path) -> Iterator[Studio]:
    """A studio whose watcher does not run: tests call ``index.refresh()`` and ``queue.tick()``."""
    made = Studio.make(Settings(roots=(root,), folder=tmp_path / "studio"), 8765)
    yield made
    made.workers.close()
    for child in made.queue._children:  # what a test has started ends before its folder goes
        child.wait(120)
    made.index.close()


@pytest.fixture
def client(studio: Studio) -> TestClient:
    """A program that calls the API with the owner's token."""
    headers = {"authorization": f"Bearer {studio.sessions.token}"}
    return TestClient(application(studio), ORIGIN, headers=headers, raise_server_exceptions=False)


@pytest.fixture
def browser(studio: Studio) -> TestClient:
    """A browser that nobody has logged in with."""
    return TestClient(application(studio), ORIGIN, raise_server_exceptions=False)
