"""Tell the user's own code from Layerzoo's and from libraries, by the module that a frame or class is of."""

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
    """Count a module among the user's own: one that a command line names, or that registers a class."""
    _known.add(name)


def know_layer(cls: type) -> None:
    """Count a layer class among the user's own."""
    know_module(cls.__module__)
    _layers[cls.__name__] = cls


def users_layers() -> list[str]:
    """The layer classes of the user's own, each with its place."""
    return [f"{name} ({where(cls)})" for name, cls in _layers.items()]


def by_user(thing: type | Any) -> bool:
    """Whether a class or function is the user's own."""
    return not f"{thing.__module__}.".startswith("layerzoo.")


def where(thing: Any) -> str:
    """The place of a class or function, as ``my_layers.py:12``; its module where no file is known."""
    try:
        file = inspect.getsourcefile(thing)
        line = inspect.getsourcelines(thing)[1]
    except (OSError, TypeError):
        return str(getattr(thing, "__module__", thing))
    return f"{short(file or '')}:{line}"


def short(file: str) -> str:
    """A path as the user would write it."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def users_frames(error: BaseException) -> list[tuple[FrameType, int]]:
    """The frames of the user's own code that Layerzoo called, with the line of each, outermost first."""
    frames = list(_frames(error.__traceback__))
    called = next((i for i, (frame, _) in enumerate(frames) if _is_layerzoos(frame)), len(frames))
    frames = frames[called:]
    first = next((i for i, (frame, _) in enumerate(frames) if _module(frame) in _known), len(frames))
    return [
        (frame, line) for frame, line in frames[first:] if not _is_layerzoos(frame) and _is_program(frame)
    ]


def in_backward(error: BaseException) -> bool:
    """Whether torch's autograd engine raised it."""
    return any(frame.f_code.co_name == _ENGINE for frame, _ in _frames(error.__traceback__))


def traced(error: BaseException) -> list[str]:
    """What to print of an error in the user's own code: its frames, then the error with its notes."""
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
    """An error and its notes, its message cut to a few lines."""
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
    return f"{_module(frame)}.".startswith("layerzoo.")


def _is_program(frame: FrameType) -> bool:
    """Whether a frame is of no library, unless that library is the user's."""
    file = frame.f_code.co_filename
    return _module(frame) in _known or not (file.startswith(_LIBRARIES) or file.startswith("<frozen"))
