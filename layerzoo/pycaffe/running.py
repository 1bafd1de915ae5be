"""Run scripts written for Caffe: provide ``caffe``, and names that libraries have removed since."""

from __future__ import annotations

import collections
import collections.abc
import ctypes
import gc
import inspect
import logging
import os
import runpy
import sys
import time
import unittest
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import PIL.Image
import yaml

from layerzoo.errors import UsageError
from layerzoo.log import LOGGER
from layerzoo.pycaffe import alias
from layerzoo.pycaffe.python_2 import refusal_of, refuse_python_2

_NUMPY = {
    "float": float,
    "int": int,
    "bool": bool,
    "object": object,
    "str": str,
    "complex": complex,
    "long": int,
    "unicode": str,
    "float_": np.float64,
    "bool8": np.bool_,
    "int0": np.intp,
    "string_": np.bytes_,
    "unicode_": np.str_,
    "cfloat": np.complex128,
    "complex_": np.complex128,
    "Inf": np.inf,
    "Infinity": np.inf,
    "infty": np.inf,
    "NaN": np.nan,
    "PINF": np.inf,
    "NINF": -np.inf,
    "round_": np.round,
    "rank": np.ndim,
    "alen": lambda array: len(np.atleast_1d(array)),
    "msort": lambda array: np.sort(array, axis=0),
    "mat": np.asmatrix,
    "product": np.prod,
    "cumproduct": np.cumprod,
    "alltrue": np.all,
    "sometrue": np.any,
    "row_stack": np.vstack,
    "asscalar": lambda array: array.item(),
    "asfarray": lambda array, dtype=np.float64: np.asarray(array, dtype),
    "in1d": np.isin,
    "trapz": np.trapezoid if hasattr(np, "trapezoid") else None,
}
_ARRAY_METHODS: dict[str, Any] = {
    "tostring": lambda array, order="C": array.tobytes(order),
    "itemset": lambda array, *place: array.__setitem__(place[:-1] or ..., place[-1]),
    "ptp": lambda array, axis=None, out=None, keepdims=False: np.ptp(array, axis, out, keepdims),
}
_UNITTEST = {
    "assertEquals": "assertEqual",
    "assertNotEquals": "assertNotEqual",
    "assertAlmostEquals": "assertAlmostEqual",
    "assertNotAlmostEquals": "assertNotAlmostEqual",
    "assert_": "assertTrue",
    "assertRaisesRegexp": "assertRaisesRegex",
    "assertRegexpMatches": "assertRegex",
    "assertNotRegexpMatches": "assertNotRegex",
    "assertItemsEqual": "assertCountEqual",
}
_NUMPYS_FROMSTRING = np.fromstring
_YAML_LOAD = yaml.load


def run_script(path: str, args: Sequence[str]) -> None:
    """Run a script as ``python path args…`` does.

    Raises:
        UsageError: the script is missing, or is Python 2.
    """
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"no script '{path}'")
    refuse_python_2(file)
    prepare()
    sys.argv = [path, *args]
    sys.path.insert(0, str(file.resolve().parent))
    alias.install_in_children()
    try:
        runpy.run_path(path, run_name="__main__")
    except (SyntaxError, ImportError, NameError, AttributeError) as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error


def run_module(name: str, args: Sequence[str]) -> None:
    """Run a module as ``python -m name args…`` does, such as ``unittest`` or ``pytest``."""
    prepare()
    sys.argv = [name, *args]
    sys.path.insert(0, "")
    alias.install_in_children()
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def run_text(text: str, args: Sequence[str]) -> None:
    """Run a program as ``python -c text args…`` does."""
    prepare()
    sys.argv = ["-c", *args]
    sys.path.insert(0, "")
    alias.install_in_children()
    exec(compile(text, "<string>", "exec"), {"__name__": "__main__"})


def prepare() -> None:
    """Prepare this process for scripts of Caffe's time: install ``caffe``, restore removed names."""
    alias.install()
    for name, value in _NUMPY.items():
        if name not in np.__dict__:
            setattr(np, name, value)
    setattr(np, "fromstring", _fromstring)  # noqa: B010 (a function of another type)
    if not hasattr(np.lib, "pad"):
        setattr(np.lib, "pad", np.pad)  # noqa: B010 (not declared by numpy)
    _restore_array_methods()
    for name, today in _UNITTEST.items():
        if hasattr(unittest.TestCase, today) and name not in unittest.TestCase.__dict__:
            setattr(unittest.TestCase, name, getattr(unittest.TestCase, today))
    for name in collections.abc.__all__:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    if not hasattr(time, "clock"):
        time.clock = time.perf_counter  # type: ignore[attr-defined]  # removed in Python 3.8
    if not hasattr(inspect, "getargspec"):
        inspect.getargspec = inspect.getfullargspec  # type: ignore[attr-defined]  # removed in Python 3.11
    if not hasattr(PIL.Image, "ANTIALIAS"):
        PIL.Image.ANTIALIAS = PIL.Image.LANCZOS  # type: ignore[attr-defined]  # removed in Pillow 10
    if not hasattr(h5py.Dataset, "value"):
        h5py.Dataset.value = property(lambda data: data[()])  # removed in h5py 3
    warnings.filterwarnings("ignore", "Conversion of an array with ndim > 0", DeprecationWarning)
    setattr(yaml, "load", _yaml_load)  # noqa: B010 (a function of another type)
    LOGGER.addFilter(_passes_minloglevel)


def _fromstring(string: Any, dtype: Any = float, count: int = -1, sep: str = "") -> Any:
    """Do what ``np.fromstring`` did: copy bytes into an array, or parse text with numbers between ``sep``."""
    if sep:
        return _NUMPYS_FROMSTRING(string, dtype, count, sep=sep)
    data = string.encode("latin-1") if isinstance(string, str) else string
    return np.frombuffer(data, dtype, count).copy()


def _restore_array_methods() -> None:
    """Add the methods that numpy has removed from arrays.

    Attributes of a type written in C can't be set, but its ``__dict__`` wraps a plain dict that can be
    updated. If Python doesn't expose that dict, the methods stay missing and scripts raise AttributeError.
    """
    missing = {name: method for name, method in _ARRAY_METHODS.items() if not hasattr(np.empty(0), name)}
    for attributes in gc.get_referents(np.ndarray.__dict__):
        if isinstance(attributes, dict) and "tobytes" in attributes:
            attributes.update(missing)
            ctypes.pythonapi.PyType_Modified(ctypes.py_object(np.ndarray))


def _yaml_load(stream: Any, Loader: Any = yaml.SafeLoader) -> Any:  # noqa: N803 (PyYAML's name)
    """Call ``yaml.load`` with an optional loader, as before PyYAML 6; the default is the safe one."""
    return _YAML_LOAD(stream, Loader)


def _passes_minloglevel(record: logging.LogRecord) -> bool:
    """Whether a line's level is at least ``GLOG_minloglevel``, which scripts set before importing caffe."""
    level = os.environ.get("GLOG_minloglevel", "0")  # noqa: SIM112 (glog's name)
    least = int(level) if level.isdecimal() else 0
    return not least or record.levelno >= logging.INFO + 10 * least
