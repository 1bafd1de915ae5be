"""Escape text from outside before it reaches a terminal or a log.

Names, paths, messages of libraries and answers of servers come from strangers. A control character among
them can move the cursor, change the title of a terminal or hide what follows; a bidirectional override shows
a line in another order. A program calls `escaped_output` once, at its start: whatever it prints then passes
`printable`. Colours and cursor moves of its own are written to `unescaped`.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and line feed, DEL, C1
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"  # invisible characters
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidirectional
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff"  # bytes that are not UTF-8, and lone surrogates
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"  # invisible characters, tags
)
_BREAKS = re.compile(r"[\n\t]")


def printable(text: str) -> str:
    """Escape all characters that a terminal would obey or hide; line feeds and tabs stay.

    >>> printable("a\\x1b[2Jb"), printable("\\u202egnp.exe"), printable("caf\\udce9")
    ('a\\\\x1b[2Jb', '\\\\u202egnp.exe', 'caf\\\\xe9')
    """
    return _UNSAFE.sub(_escape, text)


def one_line(text: str) -> str:
    """Escape like `printable`, line feeds and tabs too: a name in a line of a message or a log.

    >>> one_line("net\\nI1126 forged")
    'net\\\\nI1126 forged'
    """
    return _BREAKS.sub(_escape, printable(text))


def unescaped(stream: TextIO) -> TextIO:
    """The stream under `escaped_output`, for colours and cursor moves of the program's own."""
    return stream.stream if isinstance(stream, _Printable) else stream


@contextmanager
def escaped_output() -> Iterator[None]:
    """Escape all text that is written to ``sys.stdout`` and ``sys.stderr`` in a block.

    Characters that the encoding of a stream lacks are escaped too, so that writing never raises
    UnicodeEncodeError.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(_wrapped, before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if "\udc80" <= char <= "\udcff":  # a byte of a file name, as os.fsdecode gives it
        return f"\\x{ord(char) - 0xDC00:02x}"
    return ascii(char)[1:-1]


def _wrapped(stream: TextIO) -> TextIO:
    if stream is None or isinstance(stream, _Printable):  # a program may start without stdout
        return stream
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return cast(TextIO, _Printable(stream))


class _Printable(io.TextIOBase):
    """A text stream that escapes what is written to it.

    It has no ``buffer``: otherwise click would write to that in an ASCII locale.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write the text escaped; return the number of characters of ``text``."""
        self.stream.write(printable(text))
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """The file descriptor of the stream."""
        return self.stream.fileno()

    def writable(self) -> bool:
        """True: text can be written."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read only here
        """The encoding of the stream."""
        return self.stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]  # read only here
        """How the stream treats characters that its encoding lacks."""
        return self.stream.errors

    @property
    def closed(self) -> bool:
        """Whether the stream is closed."""
        return self.stream.closed
