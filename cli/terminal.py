"""The terminal: its width, colours and Unicode; tables and bars on it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from layerzoo.runs import Style
from layerzoo.terminal_text import printable, unescaped

if TYPE_CHECKING:
    from rich.console import Console


def terminal_style(height: int) -> Style:
    """The style of curves on stdout.

    Args:
        height: of the inside of a panel, in lines.
    """
    encoding = (sys.stdout.encoding or "ascii").lower()
    return Style(
        width=shutil.get_terminal_size((100, 24)).columns,
        height=height,
        colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        unicode=encoding.replace("-", "").startswith("utf"),
    )


def console(stream: TextIO | None = None) -> Console:
    """A console of rich that takes all text literally, without markup, and escapes it.

    Only rich's own colours and cursor moves reach the terminal.

    Args:
        stream: stdout or stderr; None for stdout.
    """
    from rich.console import Console
    from rich.segment import Segment

    class Escaping(Console):
        def render(self, *args: Any, **kwargs: Any) -> Iterable[Segment]:
            for segment in super().render(*args, **kwargs):
                text = segment.text
                yield segment if segment.control else Segment(printable(text), segment.style)

    return Escaping(file=unescaped(stream or sys.stdout), markup=False, emoji=False, highlight=False)
