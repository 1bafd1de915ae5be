"""The capabilities of the terminal: width, colour, Unicode."""

from __future__ import annotations

import os
import shutil
import sys

from layerzoo.runs import Style


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
