"""``python -m layerzoo.pycaffe script.py args…``: runs a script that imports ``caffe``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType, TracebackType

from layerzoo.errors import LayerzooError
from layerzoo.pycaffe import running
from layerzoo.pycaffe.old_libraries import advice

_USAGE = """usage: python -m layerzoo.pycaffe SCRIPT [ARGS…]
       python -m layerzoo.pycaffe -m MODULE [ARGS…]
       python -m layerzoo.pycaffe -c PROGRAM [ARGS…]

Runs a Python 3 program that imports caffe; the name means Layerzoo in it.
What programs of Caffe's time take for granted: pip install 'layerzoo[pycaffe]'"""


def main(args: list[str]) -> int:
    """Run what a command line says; its exit code."""
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

        about_the_text = trace is None and isinstance(error, SyntaxError)
        shown = None if about_the_text else trace or error.__traceback__
        if hint:
            error.add_note(hint)
        traceback.print_exception(type(error), error.with_traceback(shown), shown)
        return code
    return 0


def script_traceback(error: BaseException) -> TracebackType | None:
    """Where an error came from as the script's author knows it.

    From the script's first line on, and without what Layerzoo and torch did between it and layers of one's
    own; None where it did not come from the script.
    """
    frames = list(_walk(error.__traceback__))
    begin = next((i for i, trace in enumerate(frames) if _is_script(trace.tb_frame)), None)
    if begin is None:
        return None
    last = max(i for i, trace in enumerate(frames) if not _is_library(trace.tb_frame))
    kept = [t for i, t in enumerate(frames) if i > last or (i >= begin and not _is_library(t.tb_frame))]
    made: TracebackType | None = None
    for trace in reversed(kept):
        made = TracebackType(made, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)
    return made


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
    # the package is imported under its own name too; this module alone is __main__
    sys.exit(main(sys.argv[1:]))
