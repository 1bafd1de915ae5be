"""What is interrupted of ``layerzoo tune``: its journal, the config of the best trial and the picture."""

from __future__ import annotations

import importlib
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import IO, NoReturn

from tests.faults import injection
from tests.faults.scenarios import Scenario, layerzoo, leftovers
from tests.fuzz.readers.seeds import NET

_PLAN = """\
solver: solver.prototxt
axes:
  base_lr: {values: [0.01, 0.3]}
minimise: loss
phase: TRAIN
"""


class Tuning(Scenario):
    """A tune of two trials, each a forked process, with a picture; the tune alone is interrupted."""

    name = "tune"

    def prepare(self, root: Path) -> None:
        """Write the plan, the solver and its net."""
        (root / "net.prototxt").write_text(NET)
        (root / "solver.prototxt").write_text(
            'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" display: 1 random_seed: 7 max_iter: 4\n'
            f'test_iter: 1 test_interval: 2 solver_mode: CPU snapshot_prefix: "{root / "run"}"\n'
        )
        (root / "tune.yaml").write_text(_PLAN)

    def command(self, root: Path) -> list[str]:
        """Tune; what is done already isn't done again."""
        running = importlib.import_module("layerzoo.tune.running")
        running.subprocess = SimpleNamespace(Popen=Forked, DEVNULL=-3)  # type: ignore[attr-defined]  # a stand-in
        return ["tune", str(root / "tune.yaml"), "-picture", str(root / "tune.svg")]

    def intact(self, root: Path) -> list[str]:
        """The journal can be read, no trial has failed, and files that have their names are whole."""
        from layerzoo.loader import load_solver
        from layerzoo.tune import Journal

        journal = Journal(root / "tune.tune")
        wrong = [
            f"trial {one.number} has no score"
            for one in journal.trials.values()
            if one.state == "done" and one.value is None
        ]
        failed = [
            f"trial {one.number}: {one.message}" for one in journal.trials.values() if one.state == "failed"
        ]
        best, picture = root / "tune.tune" / "best.yaml", root / "tune.svg"
        if best.exists():
            load_solver(best)
        if picture.exists() and not picture.read_text().endswith("</svg>\n"):
            wrong.append("the picture is cut")
        return [*wrong, *failed]

    def result(self, root: Path) -> object:
        """Scores and values of the trials, the config of the best and the picture."""
        from layerzoo.tune import Journal

        trials = [
            (one.number, one.values, one.state, one.value, one.iteration, one.curve)
            for _, one in sorted(Journal(root / "tune.tune").trials.items())
        ]
        best = (root / "tune.tune" / "best.yaml").read_text()
        return trials, best, (root / "tune.svg").read_text(), leftovers(root)


class Forked:
    """In place of `subprocess.Popen` of a trial: the same command in a forked process, with torch in memory.

    Args:
        words: the command line of the trial's process.
        stdin, stderr, start_new_session: as of `subprocess.Popen`; not used.
        stdout: the log of the trial.
        env: its environment.
    """

    def __init__(
        self,
        words: Sequence[str],
        stdin: int,
        stdout: IO[bytes],
        stderr: IO[bytes],
        env: Mapping[str, str],
        start_new_session: bool,
    ) -> None:
        self._code: int | None = None
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _train(words, stdout.fileno(), env, parent)

    def poll(self) -> int | None:
        """The exit status, if it has ended."""
        if self._code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def wait(self) -> int:
        """The exit status."""
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code

    def terminate(self) -> None:
        """Ask it to stop."""
        os.kill(self._pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        if self.poll() is None:
            os.kill(self._pid, signal.SIGKILL)


def _train(words: Sequence[str], log: int, env: Mapping[str, str], parent: int) -> NoReturn:
    code = 1
    try:
        injection.mute()
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(env)
        stop = importlib.import_module("layerzoo.parent_watch").stop_without
        threading.Thread(target=stop, args=(parent,), daemon=True).start()
        code = layerzoo(*words[words.index("layerzoo.tune.trial_process") + 2 :])
    finally:
        os._exit(code)
