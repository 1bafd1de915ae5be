"""Register Layerzoo's interface under the module name ``caffe``."""

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
_OWN_MODULES = (
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
"""Modules without a counterpart in Caffe's package."""


def install() -> None:
    """Make ``import caffe`` and imports of its submodules load Layerzoo's, in this process."""
    package = importlib.import_module(_OURS)
    sys.modules["caffe"] = package
    for module in pkgutil.walk_packages(package.__path__, f"{_OURS}."):
        name = module.name.removeprefix(f"{_OURS}.")
        if name.partition(".")[0] not in _OWN_MODULES:
            sys.modules[f"caffe.{name}"] = importlib.import_module(module.name)
    _rename_classes("caffe._caffe")


def _rename_classes(module: str) -> None:
    """Give classes the module and name that Caffe's have: scripts also compare ``str(type(x))``."""
    for name in sys.modules[module].__all__:
        member = getattr(sys.modules[module], name)
        if isinstance(member, type) and not issubclass(member, Message):
            member.__module__, member.__name__, member.__qualname__ = module, name, name


def install_in_children() -> None:
    """Make ``import caffe`` work in child processes, started by ``multiprocessing`` or as commands."""
    folder = str(Path(__file__).with_name("on_path"))
    sys.path.insert(1, folder)  # after sys.path[0], which scripts expect to be their own folder
    inherited = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, inherited)))
    if sys.platform == "linux" and multiprocessing.get_start_method(allow_none=True) is None:
        multiprocessing.set_start_method("fork")  # Python's default then; children inherit the script's state


def install_if_missing() -> None:
    """Call `install` unless a real Caffe is installed or loaded: for user modules with Python layers."""
    if "caffe" not in sys.modules and importlib.util.find_spec("caffe") is None:
        install()
