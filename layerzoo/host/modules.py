"""Which modules of the user's a config may name, and the classes in them."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from layerzoo.errors import LayerFault, LayerzooError

_allowed: set[str] = set()
ANY = "*"
_NOT_USERS = ("layerzoo.", "importlib", "_frozen_importlib")


def allow_modules(names: Iterable[str]) -> None:
    """Let configs name classes of these modules, for the rest of the process; ``*`` allows all."""
    _allowed.update(names)


@contextmanager
def any_module() -> Iterator[None]:
    """Allow all modules inside the block: for a program that names its config itself."""
    before = ANY in _allowed
    _allowed.add(ANY)
    try:
        yield
    finally:
        if not before:
            _allowed.discard(ANY)


@contextmanager
def users_code(note: str = "") -> Iterator[None]:
    """Mark what the user's own code raises: ``users_traceback`` is its traceback from that code on.

    Args:
        note: is added to the exception.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(error, LayerzooError) and not hasattr(error, "users_traceback"):
            trace = error.__traceback__
            while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(_NOT_USERS):
                trace = trace.tb_next
            setattr(error, "users_traceback", trace)  # noqa: B010 (on whatever was raised)
            if note:
                error.add_note(note)
        raise


def find_class(module: str, name: str) -> type:
    """A class of one of the user's modules, which is imported if it is allowed.

    Raises:
        LayerFault: the module is not allowed or not there, or holds no such class. What the module itself
            raises goes through, as `users_code` marks it.
    """
    if not module or not name:
        raise LayerFault("a Python layer needs a module and a layer in it", field="python_param")
    if module not in _allowed and ANY not in _allowed:
        raise LayerFault(
            f"this layer runs Python code of module '{module}', which is not allowed",
            field="python_param.module",
            hint=f"if you trust it, say so on the command line: -allow_python {module}",
        )
    with users_code(f"in module '{module}', which a Python layer names"):
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module and not module.startswith(f"{error.name}."):
                raise
            raise LayerFault(
                f"no module '{module}'",
                field="python_param.module",
                hint="it has to stand in the working folder or on PYTHONPATH",
            ) from None
        except SyntaxError as error:
            error.add_note("if it is Python 2, convert it first, e.g. with 2to3")
            raise
    cls = getattr(found, name, None)
    if not isinstance(cls, type):
        raise LayerFault(f"module '{module}' has no class '{name}'", field="python_param.layer")
    return cls
