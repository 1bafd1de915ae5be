"""Import modules with Python layers for commands (``-allow_python``)."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from layerzoo.errors import UsageError
from layerzoo.host import import_modules
from layerzoo.pycaffe.running import prepare


def allow_user_modules(names: Iterable[str]) -> None:
    """Import modules and allow configs to name their classes; ``import caffe`` works in them.

    The working folder is appended to ``sys.path``, last, so that its files never shadow a library; so is the
    folder of a module that is given by its file.

    Args:
        names: of modules, or of files: ``my_layers``, ``nets/my_layers.py``.

    Raises:
        UsageError: a module can't be imported, or is another than the file that was given.
    """
    prepare()
    _search(os.getcwd())  # noqa: PTH109 (sys.path holds strings)
    import_modules([_module_of(name) if name.endswith(".py") else name for name in names])


def _module_of(name: str) -> str:
    """The name of the module in a file, whose folder is searched from now on."""
    file = Path(name).resolve()
    if not file.is_file():
        raise UsageError(f"-allow_python {name}: there is no such file")
    if not file.stem.isidentifier():
        raise UsageError(f"-allow_python {name}: {file.stem} can't be the name of a module; rename the file")
    _search(str(file.parent))
    importlib.invalidate_caches()
    known = sys.modules.get(file.stem)
    spec = importlib.util.find_spec(file.stem) if known is None else known.__spec__
    origin = spec.origin if spec is not None else None
    if origin is None or Path(origin).resolve() != file:
        other = origin or "part of Python"
        raise UsageError(f"-allow_python {name}: module {file.stem} is {other}; rename the file")
    return file.stem


def _search(folder: str) -> None:
    if folder not in sys.path:
        sys.path.append(folder)
