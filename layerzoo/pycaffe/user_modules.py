"""Import modules with Python layers for commands (``-allow_python``)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from layerzoo.host import import_modules
from layerzoo.pycaffe.running import prepare


def allow_user_modules(names: Iterable[str]) -> None:
    """Import modules and allow configs to name their classes; ``import caffe`` works in them.

    The working folder is appended to ``sys.path``, last, so that its files never shadow a library.

    Raises:
        UsageError: a module can't be imported.
    """
    prepare()
    if os.getcwd() not in sys.path:  # noqa: PTH109 (sys.path holds strings)
        sys.path.append(os.getcwd())  # noqa: PTH109 (as above)
    import_modules(names)
