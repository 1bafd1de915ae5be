"""Run a script that imports ``caffe``: ``python -m layerzoo.pycaffe script.py args…``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType, TracebackType

from layerzoo import streams
from layerzoo.errors import LayerzooError
from layerzoo.pycaffe import running
from layerzoo.pycaffe.old_libraries import advice

_USAGE = """usage: python -m layerzoo.pycaffe SCRIPT [ARGS…]
       python -m layerzoo.pycaffe -m MODULE [ARGS…]
       python -m layerzoo.pycaffe -c PROGRAM [ARGS…]

Runs a Python 3 program in which `import caffe` imports Layerzoo.
Libraries that older programs expect: pip install 'layerzoo[pycaffe]'"""


def main(args: list[str]) -> int:
    """Run a command line and return its exit code."""
    streams.guard(stdout=False)  # of what the script itself prints, failures raise, as in Python
    if not args or args[0] in ("-h", "--help", "-help"):
        print(_USAGE, file=sys.stdout if args else sys.stderr)
        return 0 if args else 2
    from layerzoo.log import to_stderr

    to_stderr()
    runs = {"-m": running.run_module, "-c": running.run_text}
    if args[0] in runs and len(args) < 2:
        print(_USAGE, file=sys.stderr)
        return 2
    try:
        if args[0] in runs:
            runs[args[0]](args[1], args[2:])
        else:
            running.run_script(args[0], args[1:])
    except Exception as error:
        code = error.exit_code if isinstance(error, LayerzooError) else 1
        trace = script_traceback(error)
        hint = advice(error)
        if trace is None and isinstance(error, LayerzooError | ImportError):
            print(f"error: {error}" + (f"\n    {hint}" if hint else ""), file=sys.stderr)
            return code
        import traceback

        unparsed = trace is None and isinstance(error, SyntaxError)  # no line of the script has run
        shown = None if unparsed else trace or error.__traceback__
        if hint:
            error.add_note(hint)
        traceback.print_exception(type(error), error.with_traceback(shown), shown)
        return code
    return 0


def script_traceback(error: BaseException) -> TracebackType | None:
    """Return an error's traceback from the script's first frame on, without frames of libraries.

    Frames of Layerzoo and torch between the script and the user's layers are removed; those after the last
    frame of the user's are kept. None for an error raised outside the script.
    """
    frames = list(_walk(error.__traceback__))
    begin = next((i for i, trace in enumerate(frames) if _is_script(trace.tb_frame)), None)
    if begin is None:
        return None
    last = max(i for i, trace in enumerate(frames) if not _is_library(trace.tb_frame))
    shown = [t for i, t in enumerate(frames) if i > last or (i >= begin and not _is_library(t.tb_frame))]
    head: TracebackType | None = None
    for trace in reversed(shown):
        head = TracebackType(head, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)
    return head


def _walk(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _is_script(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "__main__" and frame.f_code.co_filename != __file__


def _is_library(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__") or ""
    return module.partition(".")[0] in ("layerzoo", "torch", "runpy", "importlib")


if __name__ == "__main__":
    # only this module is __main__; the package keeps its own name
    sys.exit(main(sys.argv[1:]))
