"""Runs a script of Caffe's time: ``import caffe`` is Layerzoo, and names that libraries dropped are there."""

from __future__ import annotations

import ast
import collections
import collections.abc
import ctypes
import gc
import inspect
import logging
import os
import re
import runpy
import sys
import time
import tokenize
import traceback
import unittest
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import yaml

from layerzoo.errors import UsageError
from layerzoo.log import LOGGER
from layerzoo.pycaffe import alias

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
_ARRAYS_METHODS: dict[str, Any] = {
    "tostring": lambda array, order="C": array.tobytes(order),
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
_PYTHON_2_NAMES = frozenset(
    ("basestring", "execfile", "long", "raw_input", "reduce", "reload", "unichr", "unicode", "xrange")
)
_PYTHON_2_MODULES = frozenset(
    (
        "BaseHTTPServer",
        "SocketServer",
        "__builtin__",
        "copy_reg",
        "cookielib",
        "httplib",
        "xmlrpclib",
        "cPickle",
        "cStringIO",
        "ConfigParser",
        "HTMLParser",
        "Queue",
        "StringIO",
        "Tkinter",
        "urllib2",
        "urlparse",
    )
)
_PYTHON_2_METHODS = frozenset(("has_key", "iteritems", "iterkeys", "itervalues"))
_PYTHON_2_MEMBERS = {
    "itertools": ("ifilter", "imap", "izip", "izip_longest"),
    "os": ("getcwdu",),
    "string": ("letters", "lowercase", "maketrans", "uppercase"),
    "sys": ("maxint",),
    "urllib": ("quote", "unquote", "urlencode", "urlopen", "urlretrieve"),
}
_PYTHON_2_LITERAL = re.compile(r"""\b(0[xX][\da-fA-F]+|\d+)[lL]\b|\bur["']""")


def run_script(path: str, args: Sequence[str]) -> None:
    """Run a script as ``python path args…`` would.

    Raises:
        UsageError: it isn't there, or is Python 2.
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
        refusal = _python_2_of(error)
        if refusal is None:
            raise
        raise refusal from error


def run_module(name: str, args: Sequence[str]) -> None:
    """Run a module as ``python -m name args…`` would: ``unittest`` or ``pytest``, say."""
    prepare()
    sys.argv = [name, *args]
    sys.path.insert(0, "")
    alias.install_in_children()
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def run_text(text: str, args: Sequence[str]) -> None:
    """Run a program as ``python -c text args…`` would."""
    prepare()
    sys.argv = ["-c", *args]
    sys.path.insert(0, "")
    alias.install_in_children()
    exec(compile(text, "<string>", "exec"), {"__name__": "__main__"})


def prepare() -> None:
    """Let this process be one in which scripts of Caffe's time run."""
    alias.install()
    for name, value in _NUMPY.items():
        if name not in np.__dict__:
            setattr(np, name, value)
    setattr(np, "fromstring", _fromstring)  # noqa: B010 (a function of another type)
    if not hasattr(np.lib, "pad"):
        setattr(np.lib, "pad", np.pad)  # noqa: B010 (numpy no longer says that it has one)
    _give_arrays_their_methods()
    for name, today in _UNITTEST.items():
        if hasattr(unittest.TestCase, today) and name not in unittest.TestCase.__dict__:
            setattr(unittest.TestCase, name, getattr(unittest.TestCase, today))
    for name in collections.abc.__all__:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    if not hasattr(time, "clock"):
        time.clock = time.perf_counter  # type: ignore[attr-defined]  # gone in Python 3.8
    if not hasattr(inspect, "getargspec"):
        inspect.getargspec = inspect.getfullargspec  # type: ignore[attr-defined]  # gone in Python 3.11
    if not hasattr(PIL.Image, "ANTIALIAS"):
        PIL.Image.ANTIALIAS = PIL.Image.LANCZOS  # type: ignore[attr-defined]  # gone in Pillow 10
    setattr(yaml, "load", _yaml_load)  # noqa: B010 (a function of another type)
    LOGGER.addFilter(_is_wanted)


def _fromstring(string: Any, dtype: Any = float, count: int = -1, sep: str = "") -> Any:
    """``np.fromstring`` as it was: bytes become an array of its own, text numbers between ``sep``."""
    if sep:
        return _NUMPYS_FROMSTRING(string, dtype, count, sep=sep)
    data = string.encode("latin-1") if isinstance(string, str) else string
    return np.frombuffer(data, dtype, count).copy()


def _give_arrays_their_methods() -> None:
    """Let arrays have the methods that numpy took from them.

    Attributes of a type written in C can't be set, but the dict behind them is a dict. Where Python keeps it
    out of reach, scripts that use such a method say themselves what they miss.
    """
    for attributes in gc.get_referents(np.ndarray.__dict__):
        if isinstance(attributes, dict) and "tobytes" in attributes:
            attributes.update({k: v for k, v in _ARRAYS_METHODS.items() if k not in attributes})
            ctypes.pythonapi.PyType_Modified(ctypes.py_object(np.ndarray))


def _yaml_load(stream: Any, Loader: Any = yaml.SafeLoader) -> Any:  # noqa: N803 (PyYAML's name)
    """``yaml.load`` as it was, when nobody had to name a loader; the one it takes then is safe."""
    return _YAML_LOAD(stream, Loader)


def _is_wanted(record: logging.LogRecord) -> bool:
    """Whether ``GLOG_minloglevel``, which scripts set before they import caffe, lets a line pass."""
    level = os.environ.get("GLOG_minloglevel", "0")  # noqa: SIM112 (glog's name)
    return record.levelno >= logging.INFO + 10 * (int(level) if level.isdecimal() else 0)


def refuse_python_2(file: Path) -> None:
    """Say so where a script is Python 2, which Python 3 can't run.

    Raises:
        UsageError: it is, by its syntax or by names that only Python 2 has.
    """
    try:
        with tokenize.open(file) as opened:
            source = opened.read()
        tree = ast.parse(source, str(file))
    except SyntaxError as error:
        if _looks_like_python_2(error):
            raise _refusal(file, error.lineno or 0, (error.text or "").strip()) from None
        raise
    for line, what in _python_2_names(tree):
        raise _refusal(file, line, what)


def _python_2_of(error: SyntaxError | ImportError | NameError | AttributeError) -> UsageError | None:
    """The refusal of a module that a script has imported, where its fault is that it is Python 2."""
    if isinstance(error, SyntaxError):
        found = error.filename is not None and _looks_like_python_2(error)
        return _refusal(Path(error.filename or ""), error.lineno or 0, error.msg) if found else None
    gone = _PYTHON_2_NAMES | _PYTHON_2_MODULES | _PYTHON_2_METHODS
    place = traceback.extract_tb(error.__traceback__)[-1]
    return _refusal(Path(place.filename), place.lineno or 0, str(error)) if error.name in gone else None


def _refusal(file: Path, line: int, what: str) -> UsageError:
    return UsageError(
        f"{file}:{line}: this is Python 2 ({what}), which has ended and can't be run; "
        "convert it first, e.g. with 2to3 or python-modernize"
    )


def _looks_like_python_2(error: SyntaxError) -> bool:
    said, text = error.msg or "", (error.text or "").strip()
    return (
        isinstance(error, TabError)  # Python 2 took a tab for eight spaces
        or "Missing parentheses in call" in said
        or "cannot be parenthesized" in said
        or ("invalid" in said and _PYTHON_2_LITERAL.search(text) is not None)
        or "multiple exception types must be parenthesized" in said
        or "leading zeros in decimal integer" in said
        or text.startswith(("print ", "exec ", "raise ", "except "))
        or ("print" in text and "invalid syntax" in said)
        or "<>" in text
        or "`" in text
    )


def _python_2_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Uses of what only Python 2 has and the script neither defines nor tries first."""
    idle = _idle_functions(tree)
    nodes = [node for statement in tree.body if statement not in idle for node in ast.walk(statement)]
    tried = {id(inner) for node in nodes if isinstance(node, ast.Try | ast.If) for inner in ast.walk(node)}
    defined = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined |= {
        a.asname or a.name for n in nodes if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names
    }
    defined |= {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    for node in nodes:
        if id(node) in tried:
            continue
        if isinstance(node, ast.Name) and node.id in _PYTHON_2_NAMES - defined:
            yield node.lineno, node.id
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, f"import {a.name}") for a in node.names if a.name in _PYTHON_2_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in _PYTHON_2_MODULES:
            yield node.lineno, f"from {node.module} import"
        elif isinstance(node, ast.ImportFrom) and not node.level:
            gone = [a.name for a in node.names if a.name in _PYTHON_2_MEMBERS.get(node.module or "", ())]
            yield from ((node.lineno, f"from {node.module} import {name}") for name in gone)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in _PYTHON_2_MEMBERS.get(node.value.id, ()) and node.value.id in defined:
                yield node.lineno, f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift) and _is_print(node.left):
            yield node.lineno, "print >>"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called, owner = node.func.attr, node.func.value
            if called in _PYTHON_2_METHODS and not (isinstance(owner, ast.Name) and owner.id == "six"):
                yield node.lineno, f".{called}()"


def _idle_functions(tree: ast.Module) -> list[ast.stmt]:
    """Functions that nothing in the script speaks of: what they hold keeps it from nothing."""
    nodes = list(ast.walk(tree))
    named = {node.id for node in nodes if isinstance(node, ast.Name)}
    named |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name not in named]


def _is_print(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "print"
