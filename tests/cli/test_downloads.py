"""Progress bars of downloads."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from layerzoo.cli.downloads import DownloadBars


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bars_on_a_terminal_and_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with DownloadBars() as bars:
            bars.show("weights.safetensors", 500, 2000)
            bars.show("weights.safetensors", 2000, 2000)
        bars.show("weights.safetensors", 2000, 2000)
        assert ("weights.safetensors" in stream.getvalue()) is shown


def test_bar_that_fails_does_not_end_a_download(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with caplog.at_level(logging.WARNING, "layerzoo"), DownloadBars() as bars:
        assert bars._progress is not None
        monkeypatch.setattr(bars._progress, "add_task", None)
        for done in (1, 2):
            bars.show("a", done, 2)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("the progress bar failed: TypeError: ")
