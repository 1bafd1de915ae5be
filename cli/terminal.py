"""What the terminal that a command writes to can show."""

from __future__ import annotations

import os
import shutil
import sys

from layerzoo.runs import Style


def terminal_style(height: int) -> Style:
    """How to draw curves on stdout, a panel's inside so many lines high."""
    encoding = (sys.stdout.encoding or "ascii").lower()
    return Style(
        width=shutil.get_terminal_size((100, 24)).columns,
        height=height,
        colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        unicode=encoding.replace("-", "").startswith("utf"),
    )
