"""Python layers for nets that run without a program of the user's: from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from layerzoo.host import import_modules
from layerzoo.pycaffe.running import prepare


def allow_user_modules(names: Iterable[str]) -> None:
    """Import modules for configs to name their classes; ``import caffe`` and names of that time work in them.

    They are found in the working folder too; it comes last, so that nothing in it stands in for a library.

    Raises:
        UsageError: one can't be imported.
    """
    prepare()
    if os.getcwd() not in sys.path:  # noqa: PTH109 (as it stands in sys.path)
        sys.path.append(os.getcwd())  # noqa: PTH109 (as above)
    import_modules(names)
