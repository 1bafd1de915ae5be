"""``python -m layerzoo.pycaffe script.py args…``: runs a script that imports ``caffe``."""

from __future__ import annotations

import sys

from layerzoo.errors import LayerzooError
from layerzoo.pycaffe import running

_USAGE = """usage: python -m layerzoo.pycaffe SCRIPT [ARGS…]
       python -m layerzoo.pycaffe -m MODULE [ARGS…]
       python -m layerzoo.pycaffe -c PROGRAM [ARGS…]

Runs a Python 3 program that imports caffe; the name means Layerzoo in it."""


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
    except LayerzooError as error:
        if error.__traceback__ is not None and not _is_own(error):
            import traceback

            traceback.print_exception(error)
        else:
            print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _is_own(error: LayerzooError) -> bool:
    """Whether the runner itself raised it, and not the script."""
    trace = error.__traceback__
    names = []
    while trace is not None:
        names.append(trace.tb_frame.f_globals.get("__name__"))
        trace = trace.tb_next
    return "runpy" not in names


if __name__ == "__main__":
    # the package is imported under its own name too; this module alone is __main__
    sys.exit(main(sys.argv[1:]))
