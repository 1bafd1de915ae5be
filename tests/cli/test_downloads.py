"""Progress bars of downloads."""

from __future__ import annotations

import io
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
