"""Detect scripts written in Python 2 and refuse them with a clear message."""

from __future__ import annotations

import ast
import re
import tokenize
import traceback
from collections.abc import Iterator
from pathlib import Path

from layerzoo.errors import UsageError

_NAMES = frozenset(
    ("basestring", "execfile", "long", "raw_input", "reduce", "reload", "unichr", "unicode", "xrange")
)
_MODULES = frozenset(
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
_METHODS = frozenset(("has_key", "iteritems", "iterkeys", "itervalues"))
_MEMBERS = {
    "itertools": ("ifilter", "imap", "izip", "izip_longest"),
    "os": ("getcwdu",),
    "string": ("letters", "lowercase", "maketrans", "uppercase"),
    "sys": ("maxint",),
    "urllib": ("quote", "unquote", "urlencode", "urlopen", "urlretrieve"),
}
_LITERAL = re.compile(r"""\b(0[xX][\da-fA-F]+|\d+)[lL]\b|\bur["']""")


def refuse_python_2(file: Path) -> None:
    """Refuse a script in Python 2, which Python 3 can't run.

    Raises:
        UsageError: its syntax or names exist only in Python 2.
        SyntaxError: any other syntax error.
    """
    try:
        with tokenize.open(file) as opened:
            source = opened.read()
        tree = ast.parse(source, str(file))
    except SyntaxError as error:
        if _looks_like_python_2(error):
            raise _refusal(file, error.lineno or 0, (error.text or "").strip()) from None
        raise
    for line, what in _names(tree):
        raise _refusal(file, line, what)


def refusal_of(error: SyntaxError | ImportError | NameError | AttributeError) -> UsageError | None:
    """Return the refusal for an error in a module that a script imports; None if it isn't Python 2."""
    if isinstance(error, SyntaxError):
        refused = error.filename is not None and _looks_like_python_2(error)
        return _refusal(Path(error.filename or ""), error.lineno or 0, error.msg) if refused else None
    removed = _NAMES | _MODULES | _METHODS
    place = traceback.extract_tb(error.__traceback__)[-1]
    return _refusal(Path(place.filename), place.lineno or 0, str(error)) if error.name in removed else None


def _refusal(file: Path, line: int, what: str) -> UsageError:
    return UsageError(
        f"{file}:{line}: this is Python 2 ({what}), which can't be run; "
        "convert it first, e.g. with 2to3 or python-modernize"
    )


def _looks_like_python_2(error: SyntaxError) -> bool:
    message, text = error.msg or "", (error.text or "").strip()
    return (
        isinstance(error, TabError)  # Python 2 read a tab as eight spaces
        or "Missing parentheses in call" in message
        or "cannot be parenthesized" in message
        or ("invalid" in message and _LITERAL.search(text) is not None)
        or "multiple exception types must be parenthesized" in message
        or "leading zeros in decimal integer" in message
        or text.startswith(("print ", "exec ", "raise ", "except "))
        or ("print" in text and "invalid syntax" in message)
        or "<>" in text
        or "`" in text
    )


def _names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of names that only Python 2 has.

    Skipped are names that the script defines, names inside ``try`` or ``if``, and functions without a caller.
    """
    unused = _unused_functions(tree)
    nodes = [node for statement in tree.body if statement not in unused for node in ast.walk(statement)]
    guarded = {id(inner) for node in nodes if isinstance(node, ast.Try | ast.If) for inner in ast.walk(node)}
    defined = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined |= {
        a.asname or a.name for n in nodes if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names
    }
    defined |= {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    for node in nodes:
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Name) and node.id in _NAMES - defined:
            yield node.lineno, node.id
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, f"import {a.name}") for a in node.names if a.name in _MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in _MODULES:
            yield node.lineno, f"from {node.module} import"
        elif isinstance(node, ast.ImportFrom) and not node.level:
            removed = [a.name for a in node.names if a.name in _MEMBERS.get(node.module or "", ())]
            yield from ((node.lineno, f"from {node.module} import {name}") for name in removed)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in _MEMBERS.get(node.value.id, ()) and node.value.id in defined:
                yield node.lineno, f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift) and _is_print(node.left):
            yield node.lineno, "print >>"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called, owner = node.func.attr, node.func.value
            if called in _METHODS and not (isinstance(owner, ast.Name) and owner.id == "six"):
                yield node.lineno, f".{called}()"


def _unused_functions(tree: ast.Module) -> list[ast.stmt]:
    """Return top-level functions that the script never refers to, so that their body never runs."""
    nodes = list(ast.walk(tree))
    named = {node.id for node in nodes if isinstance(node, ast.Name)}
    named |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name not in named]


def _is_print(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "print"
