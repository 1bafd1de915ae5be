"""The name ``caffe`` for scripts and modules that import it."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys

_OURS = "layerzoo.pycaffe"
_LEFT_OUT = ("__main__", "alias", "running", "stepping", "user_modules")
"""Modules that Caffe's package doesn't have."""


def install() -> None:
    """Let ``import caffe`` and its submodules find Layerzoo's, in this process."""
    package = importlib.import_module(_OURS)
    sys.modules["caffe"] = package
    for module in pkgutil.walk_packages(package.__path__, f"{_OURS}."):
        name = module.name.removeprefix(f"{_OURS}.")
        if name.partition(".")[0] not in _LEFT_OUT:
            sys.modules[f"caffe.{name}"] = importlib.import_module(module.name)


def offer() -> None:
    """The same, unless there is a real Caffe: for user modules that define Python layers."""
    if "caffe" not in sys.modules and importlib.util.find_spec("caffe") is None:
        install()
