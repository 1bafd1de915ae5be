"""Python layers for nets that run without a program of the user's: from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from layerzoo.host import allow_modules
from layerzoo.pycaffe.running import prepare


def allow_user_modules(names: Iterable[str]) -> None:
    """Let configs name classes of these modules, in which ``import caffe`` and names of that time work.

    They are found in the working folder too; it comes last, so that nothing in it stands in for a library.
    """
    prepare()
    allow_modules(names)
    if os.getcwd() not in sys.path:  # noqa: PTH109 (as it stands in sys.path)
        sys.path.append(os.getcwd())  # noqa: PTH109 (as above)
