"""The process of a trial: ``layerzoo train``, which stops with a snapshot if the tune is killed.

Run as ``python -m layerzoo.tune.trial_process PARENT WORD...``.
"""

from __future__ import annotations

import runpy
import sys
import threading

from layerzoo.parent_watch import stop_without


def main(arguments: list[str]) -> None:
    """Run a command line of Layerzoo.

    Args:
        arguments: the number of the process that tunes, and the words of the command line.
    """
    threading.Thread(target=stop_without, args=(int(arguments[0]),), daemon=True).start()
    sys.argv = ["layerzoo", *arguments[1:]]
    runpy.run_module("layerzoo", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
