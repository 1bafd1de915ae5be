"""The folders of the installed package and of Layerzoo's files on the user's machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parent
"""The folder of the installed package, which contains ``configs`` and ``model_zoo``."""


def home() -> Path:
    """``LAYERZOO_HOME``, else ``layerzoo`` in ``XDG_CACHE_HOME``, else in ``~/.cache``; it may not exist."""
    if named := os.environ.get("LAYERZOO_HOME"):
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "layerzoo"
