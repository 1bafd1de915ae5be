"""One of the processes of a launch: a command line of Layerzoo, which says how far it has come.

Run as ``python -m layerzoo.cli.launched PARENT``; the words stand in the folder of the launch.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
from pathlib import Path

from layerzoo.launching import LaunchFolder
from layerzoo.launching.folder import IN_ORDER
from layerzoo.parent_watch import stop_without
from layerzoo.ranks import Ranks, leave
from layerzoo.snapshot import list_snapshots
from layerzoo.solver import Callback

log = logging.getLogger("layerzoo")


class Begun(Callback):
    """Keeps in the folder of the launch that a process has begun to train.

    Args:
        folder: the folder.
        rank: the number of the process.
        prefix: ``snapshot_prefix`` of the run.
    """

    def __init__(self, folder: LaunchFolder, rank: int, prefix: str) -> None:
        self._folder, self._rank, self._prefix = folder, rank, str(Path(prefix).absolute())

    def started(self, iteration: int, tested: bool) -> None:
        """Keep it."""
        self._folder.write_begun(self._rank, self._prefix)


def launched_callbacks(ranks: Ranks, prefix: str) -> list[Callback]:
    """The callbacks of a process that was launched; none of another one."""
    folder = LaunchFolder.current()
    return [] if folder is None else [Begun(folder, ranks.rank, prefix)]


def restarted(ranks: Ranks) -> str | None:
    """The ``snapshot_prefix`` of the run to resume after a restart; None if there is nothing to resume."""
    folder = LaunchFolder.current()
    if folder is None:
        return None

    def begun() -> str | None:
        number, cause = folder.attempt()
        if number:
            log.warning("Restart %d: %s", number, cause)
        prefix = folder.begun_prefix([0]) if number else None
        return prefix if prefix is not None and list_snapshots(f"{prefix}.run") else None

    return ranks.on_main(begun)


def run(parent: int) -> int:
    """Run the command line of the launch; returns the exit code for the agent, 0 if it ended in order.

    The agent ends all processes as soon as one has failed. One that was asked to stop has not failed: the
    others are about to end, too.

    Args:
        parent: the number of the process that launches; without it, training stops with a snapshot.
    """
    from layerzoo.cli.main import main

    faulthandler.enable()
    threading.Thread(target=stop_without, args=(parent,), daemon=True).start()
    folder = LaunchFolder.current()
    assert folder is not None, "started without a launch"
    rank = int(os.environ["RANK"])
    folder.reserve_code(rank)
    code = main(folder.words())
    folder.write_code(rank, code)
    return 0 if code in IN_ORDER else code


if __name__ == "__main__":
    status = run(int(sys.argv[1]))
    leave(status)
    sys.exit(status)
