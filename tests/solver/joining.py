"""Training runs one after the other in processes that live on, each run in as many of them as it needs.

``python -m tests.solver.joining runs.json``, started several times as torchrun does, makes the runs of a JSON
list. A run has ``folder`` and ``processes``, and may have ``solver`` (a file, by default solver.prototxt),
``settings`` (of the solver, as ``-set`` takes them) and ``resume`` (a snapshot, or auto).
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from torch.distributed import PrefixStore, TCPStore

from layerzoo.loader import load_solver
from layerzoo.ranks import Ranks, disconnect
from layerzoo.solver import Solver
from tests.processes import run_processes

_PATIENCE = timedelta(seconds=100)


def train(folder: Path, runs: list[dict[str, Any]]) -> list[str]:
    """Make runs below a folder; what each process has written to stderr.

    Raises:
        AssertionError: a process has failed.
    """
    (folder / "runs.json").write_text(json.dumps(runs))
    count = max(run["processes"] for run in runs)
    found = run_processes(["-m", "tests.solver.joining", "runs.json"], folder, count)
    assert [code for code, _, _ in found] == [0] * count, found
    return [err for _, _, err in found]


def _serve(runs: list[dict[str, Any]]) -> None:
    rank, top = int(os.environ["RANK"]), Path.cwd()
    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = TCPStore(address, port, int(os.environ["WORLD_SIZE"]), rank == 0, timeout=_PATIENCE)
    for number, run in enumerate(runs):
        count = run["processes"]
        if rank < count:
            os.chdir(top / run["folder"])
            ranks = Ranks.connect(PrefixStore(str(number), store), rank, count)
            document = load_solver(run.get("solver", "solver.prototxt"), run.get("settings", ()))
            assert Solver(document, ranks=ranks).solve(run.get("resume")) == 0
            disconnect()
            store.set(f"{number} done by {rank}", "")
        store.wait([f"{number} done by {each}" for each in range(count)])
    store.set(f"all done by {rank}", "")
    if rank == 0:  # it holds the store, so that it leaves last
        store.wait([f"all done by {each}" for each in range(int(os.environ["WORLD_SIZE"]))])
    os._exit(0)


if __name__ == "__main__":
    _serve(json.loads(Path(sys.argv[1]).read_text()))
