"""Stands for ``layerzoo`` in tests of the queue: quick to start. Arguments: what to do, and an exit code."""

import os
import signal
import sys
import time
from pathlib import Path


def main() -> int:
    """Do what the first argument says."""
    what, *rest = sys.argv[1:]
    print(what, *rest, f"gpus={os.environ.get('CUDA_VISIBLE_DEVICES', '')}", flush=True)
    if what in ("train", "tune", "wait"):  # until a signal comes, or the file "go" is written
        code: list[int] = []
        signal.signal(signal.SIGTERM, lambda *_: code.append(75))
        Path("ready").touch()
        while not code and not Path("go").exists():
            time.sleep(0.01)
        return code[0] if code else 0
    if what == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path("ready").touch()
        while True:
            time.sleep(0.01)
    return int(rest[0]) if rest else 0


if __name__ == "__main__":
    sys.exit(main())
