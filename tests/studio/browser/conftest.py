"""A studio in a process of its own, and Chromium to look at it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")

playwright.expect.set_options(timeout=60_000)  # far beyond the longest; a busy machine is slow
NAMES = ("chromium", "chromium-browser", "google-chrome")
_START_S = 60


@dataclass
class Served:
    """A studio that runs.

    Attributes:
        root: the folder that it may use.
        home: Layerzoo's own folder.
        process: of the server.
        address: to open, with the token.
    """

    root: Path
    home: Path
    flags: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] = field(init=False)
    address: str = ""

    def start(self, port: int = 0) -> None:
        """Start the server and wait for its address."""
        command = [sys.executable, "-m", "layerzoo", "studio", "-nobrowser", "-port", str(port)]
        self.process = subprocess.Popen(
            [*command, "-root", str(self.root), *self.flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "LAYERZOO_HOME": str(self.home), "OMP_NUM_THREADS": "1"},
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if match := re.match(r"http://\S+/login\?token=\S+", line):
                self.address = match[0]
                return
        raise AssertionError("".join(said))

    @property
    def url(self) -> str:
        """The address without the token."""
        return self.address.partition("/login")[0]

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def end(self, number: int = signal.SIGINT) -> None:
        """End the server by a signal."""
        self.process.send_signal(number)
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A studio over an empty folder."""
    root = tmp_path / "work"
    root.mkdir()
    server = Served(root, tmp_path / "home")
    server.start()
    yield server
    if server.process.poll() is None:
        server.end()


@pytest.fixture(scope="module")
def chromium() -> Iterator[playwright.Browser]:
    """Chromium without a window; it ends with its module, since its loop is in the way of other tests."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A page that notes what must not happen: errors on the console, and requests to other machines."""

    def __init__(self, page: playwright.Page, url: str) -> None:
        self.page, self.url = page, url
        self.problems: list[str] = []
        self.allowed: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", self._requested)

    def go(self, path: str) -> playwright.Page:
        """Open a page of the studio."""
        self.page.goto(self.url + path)
        return self.page

    def check(self) -> None:
        """Fail if anything was noted that the test does not expect."""
        found = [one for one in self.problems if not any(part in one for part in self.allowed)]
        assert found == []

    def _said(self, message: playwright.ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _requested(self, request: playwright.Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.problems.append(f"request to {request.url}")


@pytest.fixture
def page(served: Served, chromium: playwright.Browser) -> Iterator[Watched]:
    """A page of a logged-in browser; the test fails on errors on the console and foreign requests."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    watched = Watched(context.new_page(), served.url)
    watched.page.goto(served.address)
    yield watched
    watched.check()
    context.close()
