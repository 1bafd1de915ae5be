"""Run a tool, ``python -m layerzoo.tools NAME args…``, and print its errors as messages."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Sequence

from layerzoo import streams, tools
from layerzoo.errors import LayerzooError, UsageError, did_you_mean, nearest
from layerzoo.terminal_text import escaped_output

_EXIT_INTERRUPTED = 130


def main(args: Sequence[str]) -> int:
    """Run a command line without the program's name, and return the exit code."""
    streams.guard()
    if args[:1] != ["caffe"]:
        streams.tolerate()  # the results of the other tools are files
    with escaped_output():
        return streams.exit_code(_run(args))


def _run(args: Sequence[str]) -> int:
    try:
        if not args:
            raise UsageError("the tool's name is missing: python -m layerzoo.tools NAME args…")
        return _tool(args[0])(list(args[1:]))
    except LayerzooError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        if streams.stdout_failed():
            return 1
        if error.strerror is None:
            raise
        print(f"error: {f'{error.filename}: ' if error.filename else ''}{error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return _EXIT_INTERRUPTED


def _tool(name: str) -> Callable[[list[str]], int]:
    known = [module.name for module in pkgutil.iter_modules(tools.__path__)]
    module = importlib.import_module(f"{tools.__name__}.{name}") if name in known else None
    tool: Callable[[list[str]], int] | None = getattr(module, "main", None)
    if tool is None or name == "__main__":
        hint = did_you_mean(nearest(name, known))
        raise UsageError(f"no tool '{name}'" + (f"; {hint}" if hint else ""))
    return tool


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
