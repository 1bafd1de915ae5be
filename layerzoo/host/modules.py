"""The user's modules that configs may name: which are allowed, importing them, classes in them."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from layerzoo.errors import LayerFault, LayerzooError, UsageError, did_you_mean, nearest
from layerzoo.user_code import know_module, short, traced

_allowed: set[str] = set()
ANY = "*"
_NOT_USERS = ("layerzoo.", "importlib", "_frozen_importlib")


def allow_modules(names: Iterable[str]) -> None:
    """Allow configs to name classes of these modules, for the rest of the process; ``*`` allows all."""
    for name in names:
        _allowed.add(name)
        know_module(name)


def import_modules(names: Iterable[str]) -> None:
    """Allow modules and import them, so that configs can name the layers that they register.

    Raises:
        UsageError: a module can't be imported; the message has the position in the user's file.
    """
    names = [name for name in names if name != ANY]
    allow_modules(names)
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            raise UsageError(_import_message(name, error)) from error


def _import_message(name: str, error: Exception) -> str:
    """Return the error message for a module that can't be imported."""
    if isinstance(error, ModuleNotFoundError) and (error.name or "") in {name, name.partition(".")[0]}:
        near = did_you_mean(nearest(name, [path.stem for path in Path().glob("*.py")]))
        return f"no module '{name}' in the working folder or on PYTHONPATH" + (f"; {near}" if near else "")
    if isinstance(error, LayerzooError):
        return f"can't import module '{name}': {error}"
    if isinstance(error, SyntaxError):
        place = f"{short(error.filename or name)}:{error.lineno}"
        text = f"\n    {error.text.strip()}" if error.text else ""
        hint = "\nif it is Python 2, convert it first, e.g. with 2to3"
        return f"can't import module '{name}': {place}: {type(error).__name__}: {error.msg}{text}{hint}"
    return "\n".join([f"can't import module '{name}':", *traced(error)])


def is_provided(module: str) -> bool:
    """Whether the user allows a module; if all modules are allowed, whether there is one of that name."""
    if module in _allowed:
        return True
    if ANY not in _allowed:
        return False
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, AttributeError, ValueError):  # the package is missing, or is no package
        return False


@contextmanager
def any_module() -> Iterator[None]:
    """Allow all modules inside the block: for programs, which choose their configs themselves."""
    before = ANY in _allowed
    _allowed.add(ANY)
    try:
        yield
    finally:
        if not before:
            _allowed.discard(ANY)


@contextmanager
def users_code(note: str = "") -> Iterator[None]:
    """Mark exceptions raised by the user's code: their ``users_traceback`` begins in that code.

    Args:
        note: added to the exception.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(error, LayerzooError) and not hasattr(error, "users_traceback"):
            trace = error.__traceback__
            while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(_NOT_USERS):
                trace = trace.tb_next
            setattr(error, "users_traceback", trace)  # noqa: B010 (no declared attribute)
            if note:
                error.add_note(note)
        raise


def find_class(module: str, name: str) -> type:
    """Return a class of one of the user's modules; import the module if it is allowed.

    Errors raised by the module itself pass through, marked by `users_code`.

    Raises:
        LayerFault: the module is not allowed or missing, or has no such class.
    """
    if not module or not name:
        raise LayerFault("a Python layer needs a module and a layer in it", field="python_param")
    if module not in _allowed and ANY not in _allowed:
        raise LayerFault(
            f"this layer runs Python code of module '{module}', which is not allowed",
            field="python_param.module",
            hint=f"if you trust it, say so on the command line: -allow_python {module}, or its file",
        )
    with users_code(f"in module '{module}', which a Python layer names"):
        try:
            imported = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module and not module.startswith(f"{error.name}."):
                raise
            raise LayerFault(
                f"no module '{module}'",
                field="python_param.module",
                hint="it must be in the working folder or on PYTHONPATH",
            ) from None
        except SyntaxError as error:
            error.add_note("if it is Python 2, convert it first, e.g. with 2to3")
            raise
    cls = getattr(imported, name, None)
    if not isinstance(cls, type):
        raise LayerFault(f"module '{module}' has no class '{name}'", field="python_param.layer")
    return cls
