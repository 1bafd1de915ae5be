"""Escaping of text from outside."""

from __future__ import annotations

import io
import sys

import pytest

from layerzoo.terminal_text import escaped_output, one_line, printable, unescaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x00\x08\x0b\x0c\r\x7f", r"\x00\x08\x0b\x0c\r\x7f"),
        ("\x80\x9b\x9f\xad", r"\x80\x9b\x9f\xad"),
        ("\u200b\u200e\u200f\u2028\u2029", r"\u200b\u200e\u200f\u2028\u2029"),
        ("\u202a\u202e\u2066\u2069\ufeff", r"\u202a\u202e\u2066\u2069\ufeff"),
        ("\ud800\udfff", r"\ud800\udfff"),
        ("caf\udce9", r"caf\xe9"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_printable_escapes_what_a_terminal_obeys_or_hides(text: str, shown: str) -> None:
    assert printable(f"<{text}>") == f"<{shown}>"
    assert printable(shown) == shown


def test_printable_keeps_lines_tabs_and_scripts() -> None:
    text = "a\n\tb — ünïcødé 日本語 العربية ├┤⠿ \u3000 👍🏽 back\\slash"
    assert printable(text) == text


def test_one_line_escapes_line_feeds_and_tabs_too() -> None:
    assert one_line("a\n\tb\x1b") == r"a\n\tb\x1b"


def test_escaped_output_escapes_both_streams_and_ends_with_the_block(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sys.stdout, sys.stderr
    with escaped_output():
        print("out \x1b[2J")
        print("err \x9b", file=sys.stderr)
        print("\x1b[1mown", file=unescaped(sys.stdout))
        with escaped_output():  # within itself, it has no effect
            print("\x07")
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr() == ("out \\x1b[2J\n\x1b[1mown\n\\x07\n", "err \\x9b\n")


def test_escaped_output_writes_characters_that_the_encoding_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    with escaped_output():
        print("é — \udce9", flush=True)
        print("ü", file=unescaped(sys.stdout), flush=True)
        assert (sys.stdout.encoding, sys.stdout.isatty()) == ("ascii", False)
    assert raw.getvalue() == b"\\xe9 \\u2014 \\xe9\n\\xfc\n"


def test_escaped_output_leaves_closed_streams_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with escaped_output():
        assert sys.stdout is None
