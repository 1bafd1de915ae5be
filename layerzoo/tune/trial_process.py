"""The process of a trial: ``layerzoo train``, which stops with a snapshot if the tune is killed.

Run as ``python -m layerzoo.tune.trial_process PARENT WORD...``.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

_POLL = 0.5


def main(arguments: list[str]) -> None:
    """Run a command line of Layerzoo.

    Args:
        arguments: the number of the process that tunes, and the words of the command line.
    """
    threading.Thread(target=stop_without, args=(int(arguments[0]),), daemon=True).start()
    sys.argv = ["layerzoo", *arguments[1:]]
    runpy.run_module("layerzoo", run_name="__main__", alter_sys=True)


def stop_without(parent: int) -> None:
    """Wait until this process has another parent, then send it SIGTERM: training stops with a snapshot."""
    while os.getppid() == parent:
        time.sleep(_POLL)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
