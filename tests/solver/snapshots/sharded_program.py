"""Trains sharded in connected processes; one of them may be killed, or fail, while a snapshot is written.

``python -m tests.solver.snapshots.sharded_program [RANK WHAT MOMENT]``: WHAT is "kill" or "fail"; MOMENT is
"before" this process writes its rows in iteration 10, "after", or "renaming", as the main process completes
the snapshot.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageWriter

from layerzoo import ranks as connected
from layerzoo.errors import LayerzooError
from layerzoo.ranks import Ranks
from layerzoo.snapshot import native
from layerzoo.solver import Solver
from layerzoo.solver.snapshots import sharded_saving


def _spoil(what: str) -> None:
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise OSError(28, "No space left on device", "of the test")


def _prepare(what: str, moment: str) -> None:
    """Let this process be killed, or fail, at a moment of the second snapshot."""
    writes = 0

    def second(function: Callable[..., Any], early: bool) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            nonlocal writes
            writes += 1
            if writes == 2 and early:
                _spoil(what)
            made = function(*args)
            if writes == 2 and not early:
                _spoil(what)
            return made

        return call

    def completing(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(text: Mapping[str, Any]) -> Any:
            if text["iteration"] == 10 and text["format"] == native.SHARDED:
                _spoil(what)
            return function(text)

        return call

    if moment == "renaming":
        native._sealed = completing(native._sealed)
    elif what == "fail":
        writer: Any = HuggingFaceStorageWriter
        writer.write_data = second(writer.write_data, True)
    else:
        sharded_saving.write_shards = second(sharded_saving.write_shards, moment == "before")


def main() -> int:
    """Train; the exit code."""
    ranks = Ranks.from_environment()
    if sys.argv[1:] and int(sys.argv[1]) == ranks.rank:
        _prepare(*sys.argv[2:])
    try:
        return Solver("solver.prototxt", ranks=ranks).solve("auto" if Path("r.run").exists() else None)
    except LayerzooError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    code = main()
    connected.leave(code)
