"""The name ``caffe`` for scripts and modules that import it."""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import os
import pkgutil
import sys
from pathlib import Path

from google.protobuf.message import Message

_OURS = "layerzoo.pycaffe"
_LEFT_OUT = (
    "__main__",
    "alias",
    "batches",
    "caffe_saver",
    "callbacks",
    "last_update",
    "memory_arrays",
    "old_libraries",
    "on_path",
    "python_2",
    "running",
    "stepping",
    "user_modules",
)
"""Modules that Caffe's package doesn't have."""


def install() -> None:
    """Let ``import caffe`` and its submodules find Layerzoo's, in this process."""
    package = importlib.import_module(_OURS)
    sys.modules["caffe"] = package
    for module in pkgutil.walk_packages(package.__path__, f"{_OURS}."):
        name = module.name.removeprefix(f"{_OURS}.")
        if name.partition(".")[0] not in _LEFT_OUT:
            sys.modules[f"caffe.{name}"] = importlib.import_module(module.name)
    _rename_classes("caffe._caffe")


def _rename_classes(module: str) -> None:
    """Let classes call themselves as Caffe's do: scripts compare ``str(type(x))`` too."""
    for name in sys.modules[module].__all__:
        found = getattr(sys.modules[module], name)
        if isinstance(found, type) and not issubclass(found, Message):
            found.__module__, found.__name__, found.__qualname__ = module, name, name


def install_in_children() -> None:
    """The same in the processes that this one starts, by ``multiprocessing`` or as commands of their own."""
    folder = str(Path(__file__).with_name("on_path"))
    sys.path.insert(1, folder)  # after the folder of the script, which scripts take sys.path[0] for
    known = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, known)))
    if sys.platform == "linux" and multiprocessing.get_start_method(allow_none=True) is None:
        multiprocessing.set_start_method("fork")  # as it was then; children see what the script has set up


def offer() -> None:
    """The same, unless there is a real Caffe: for user modules that define Python layers."""
    if "caffe" not in sys.modules and importlib.util.find_spec("caffe") is None:
        install()
