"""Tell the user's code from Layerzoo's and from libraries, by the module of a frame or class."""

from __future__ import annotations

import inspect
import linecache
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

_known: set[str] = set()
_layers: dict[str, type] = {}
_LIBRARIES = tuple({sysconfig.get_paths()[name] + os.sep for name in ("stdlib", "purelib", "platlib")})
_MAX_FRAMES = 3
_MAX_LINES = 3
_ENGINE = "_engine_run_backward"


def know_module(name: str) -> None:
    """Mark a module as the user's: one that the command line names, or that registers a class."""
    _known.add(name)


def know_layer(cls: type) -> None:
    """Mark a layer class as the user's."""
    know_module(cls.__module__)
    _layers[cls.__name__] = cls


def users_layers() -> list[str]:
    """The user's layer classes, each with its position: ``Square (my_layers.py:12)``."""
    return [f"{name} ({where(cls)})" for name, cls in _layers.items()]


def by_user(thing: type | Any) -> bool:
    """Whether a class or function is not Layerzoo's."""
    return not f"{thing.__module__}.".startswith("layerzoo.")


def where(thing: Any) -> str:
    """The position of a class or function, as ``my_layers.py:12``; its module if the file is unknown."""
    try:
        file = inspect.getsourcefile(thing)
        line = inspect.getsourcelines(thing)[1]
    except (OSError, TypeError):
        return str(getattr(thing, "__module__", thing))
    return f"{short(file or '')}:{line}"


def short(file: str) -> str:
    """A path relative to the working folder if it is inside, else unchanged."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def users_frames(error: BaseException) -> list[tuple[FrameType, int]]:
    """The frames of the user's code that Layerzoo called, with their lines, outermost first."""
    frames = list(_frames(error.__traceback__))
    called = next((i for i, (frame, _) in enumerate(frames) if _is_layerzoos(frame)), len(frames))
    frames = frames[called:]
    first = next((i for i, (frame, _) in enumerate(frames) if _module(frame) in _known), len(frames))
    return [
        (frame, line) for frame, line in frames[first:] if not _is_layerzoos(frame) and _is_program(frame)
    ]


def in_backward(error: BaseException) -> bool:
    """Whether the error was raised inside torch's autograd engine."""
    return any(frame.f_code.co_name == _ENGINE for frame, _ in _frames(error.__traceback__))


def traced(error: BaseException) -> list[str]:
    """The lines to print for an error in the user's code: its frames, then the error with its notes."""
    frames = users_frames(error)
    if len(frames) > _MAX_FRAMES:
        frames = [frames[0], *frames[1 - _MAX_FRAMES :]]
    lines = []
    for frame, line in frames:
        file = frame.f_code.co_filename
        lines.append(f"{short(file)}:{line}: in {frame.f_code.co_name}")
        text = linecache.getline(file, line, frame.f_globals).strip()
        lines += [f"    {text}"] if text else []
    return [*lines, *said(error)]


def said(error: BaseException) -> list[str]:
    """The lines to print for an error: type, message shortened to a few lines, notes."""
    message = [line for line in str(error).splitlines() if line.strip()]
    shown = [*message[:_MAX_LINES], *(["…"] if len(message) > _MAX_LINES else [])]
    name = type(error).__name__
    head = f"{name}: {shown[0]}" if shown else name
    return [head, *shown[1:], *getattr(error, "__notes__", ())]


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_layerzoos(frame: FrameType) -> bool:
    """Whether a frame is Layerzoo's."""
    return f"{_module(frame)}.".startswith("layerzoo.")


def _is_program(frame: FrameType) -> bool:
    """Whether a frame belongs to no library, or to a module marked as the user's."""
    file = frame.f_code.co_filename
    return _module(frame) in _known or not (file.startswith(_LIBRARIES) or file.startswith("<frozen"))
