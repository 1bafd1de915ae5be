"""A studio over empty folders, and runs to show in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
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
    made.bench.close()
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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Layerzoo's own folder, empty: the zoo has the shipped entries alone."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("LAYERZOO_HOME", str(folder))
    monkeypatch.delenv("LAYERZOO_STORES", raising=False)
    return folder


@pytest.fixture
def digit(root: Path) -> Path:
    """A picture of the digit 7 below the studio's folder."""
    from layerzoo.data.datasets.digits import Digits

    images, labels = Digits().load("test")
    pixels = images[int(np.argmax(labels == 7))][0]
    path = root / "seven.png"
    Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(path)
    return path
