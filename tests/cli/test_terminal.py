"""The capabilities of the terminal."""

from __future__ import annotations

import io
import re
import sys

import pytest

from layerzoo.cli.terminal import console, terminal_style
from layerzoo.terminal_text import escaped_output


class Stdout(io.StringIO):
    """A stdout of a given encoding, which is a terminal or not."""

    def __init__(self, encoding: str | None, terminal: bool) -> None:
        super().__init__()
        self._encoding, self._terminal = encoding, terminal

    @property
    def encoding(self) -> str | None:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "72")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_style_has_the_width_of_the_terminal_and_the_given_height() -> None:
    style = terminal_style(9)
    assert (style.width, style.height) == (72, 9)


@pytest.mark.parametrize(
    ("encoding", "unicode"),
    [("utf-8", True), ("UTF8", True), ("utf-16", True), ("latin-1", False), ("ascii", False), (None, False)],
)
def test_unicode_depends_on_the_encoding(
    encoding: str | None, unicode: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", Stdout(encoding, terminal=True))
    assert terminal_style(5).unicode is unicode


@pytest.mark.parametrize(
    ("terminal", "variables", "colour"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_needs_a_terminal_that_allows_it(
    terminal: bool, variables: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", Stdout("utf-8", terminal))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert terminal_style(5).colour is colour


def test_console_escapes_text_and_takes_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.table import Table
    from rich.text import Text

    stream = Stdout("utf-8", terminal=True)
    with escaped_output():
        monkeypatch.setattr(sys, "stdout", stream)
        out = console()
        table = Table("[red]title[/red] \x1b]0;x\x07")
        table.add_row("[link=https://example.org]cell[/link] \x9b")
        table.add_row(Text("styled \u202e", style="green"))
        out.print(table)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert "\x1b" in stream.getvalue()
    assert not set("\x1b\x07\x9b\u202e") & set(shown)
    for text in ("[red]title[/red]", "[link=https://example.org]cell", "styled", r"\x1b]0;x"):
        assert text in shown
