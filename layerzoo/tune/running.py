"""A trial that runs, as a process of its own, and what its run's folder says of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Final

from layerzoo.errors import LayerzooError
from layerzoo.regular_file import open_regular
from layerzoo.runs import LOG, METRICS, SUFFIX, read_metrics
from layerzoo.runs.caffe_log import ending
from layerzoo.solver.trials.training_runs import child_environments
from layerzoo.tune.journal import Trial
from layerzoo.tune.plan import Plan

_TAIL: Final = 1 << 16
_SHOWN: Final = 12
"""Lines of an error that the journal keeps."""


def prefix_of(folder: Path, number: int) -> str:
    """The ``snapshot_prefix`` of a trial."""
    return str(folder / f"trial-{number:04}")


def run_of(folder: Path, number: int) -> Path:
    """The run's folder of a trial."""
    return Path(prefix_of(folder, number) + SUFFIX)


def settings_of(plan: Plan, trial: Trial, has_seed: bool) -> list[str]:
    """``PATH=VALUE`` of the ``-set`` of a trial; a solver without a seed gets the plan's."""
    settings = [*plan.settings, *plan.arguments(trial.values)]
    return settings if has_seed else [*settings, f"random_seed={plan.seed}"]


def command_of(plan: Plan, settings: Sequence[str], flags: Sequence[str] = ()) -> list[str]:
    """The words of the ``layerzoo train`` of a trial, without ``layerzoo``."""
    words = ["train", "-solver", str(plan.solver)]
    words += [f"-weights={','.join(plan.weights)}"] if plan.weights else []
    return [*words, *flags, *(word for setting in settings for word in ("-set", setting))]


class RunningTrial:
    """The process of a trial.

    Args:
        trial: the trial; it is changed when the process has ended.
        plan: what is tuned.
        folder: the folder of the tune.
        settings: ``PATH=VALUE`` of ``-set``.
        flags: further flags.
        environment: variables that the process has beside this one's.

    Attributes:
        trial, folder: see above.
        stopped, pruned: it was asked to stop; the latter, since it was behind.

    Raises:
        OSError: the process can't be started.
    """

    def __init__(
        self,
        trial: Trial,
        plan: Plan,
        folder: Path,
        settings: Sequence[str],
        flags: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.trial, self.folder = trial, folder
        self.stopped = self.pruned = False
        self._plan = plan
        self._log = folder / f"trial-{trial.number:04}.log"
        all_flags = list(flags)
        if run_of(folder, trial.number).is_dir():
            all_flags += ["-snapshot=auto"]
        words = command_of(plan, [*settings, f"snapshot_prefix={prefix_of(folder, trial.number)}"], all_flags)
        program = [sys.executable, "-P", "-m", "layerzoo.tune.trial_process", str(os.getpid())]
        with self._log.open("wb") as output:
            output.write(f"{shlex.join(['layerzoo', *words])}\n".encode("utf-8", "replace"))
            output.flush()
            self._process = subprocess.Popen(
                [*program, *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**child_environments(1)[0], **(environment or {})},
                start_new_session=True,  # Ctrl-C reaches the tune alone, which asks its trials to stop
            )

    def stop(self) -> None:
        """Ask it to take a snapshot and end."""
        self.stopped = True
        if self._process.poll() is None:
            self._process.terminate()

    def prune(self) -> None:
        """Ask it to end, since its score is behind those of others."""
        self.pruned = True
        self.stop()

    def kill(self) -> None:
        """End it at once."""
        self.stopped = True
        self._process.kill()
        self._process.wait()

    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def update(self) -> bool:
        """Read the values so far; returns whether there are more than before.

        Raises:
            OSError: they are there, but can't be read.
        """
        before = len(self.trial.curve)
        path = run_of(self.folder, self.trial.number) / METRICS
        with suppress(FileNotFoundError):
            curve, self.trial.seconds = read_curve(path, self._plan)
            self.trial.curve = curve
        return len(self.trial.curve) > before

    def judge(self) -> None:
        """Set how the trial has ended; it stays ``begun`` if it was stopped before its end.

        Raises:
            OSError: its values can't be read; then it stays ``begun`` too.
        """
        code, trial = self._process.wait(), self.trial
        try:
            self.update()
        except LayerzooError as error:
            trial.state, trial.message = "failed", str(error)
            return
        if code and self.pruned:
            end_early(trial)
            return
        log = run_of(self.folder, trial.number) / LOG
        if code and self.stopped:
            return
        if not code and log.is_file() and ending(log).state == "stopped":
            return  # by a SIGINT that someone sent to it alone
        if code:
            trial.state, trial.message = "failed", self._failure(code)
        else:
            settle(trial, self._plan)

    def _failure(self, code: int) -> str:
        """The message of the error with which the process ended."""
        ended = f"exit code {code}" if code > 0 else f"signal {-code}"
        with suppress(OSError), open_regular(self._log) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
            begin = next((i for i, line in enumerate(lines) if line.startswith("error:")), None)
            if begin is not None:
                return "\n".join(lines[begin:][:_SHOWN]).removeprefix("error: ")
            return "\n".join([ended, *lines[-1:]])
        return ended


def end_early(trial: Trial) -> None:
    """Set score and state of a trial that has been pruned; its score is the last finite one."""
    trial.curve = [(at, value) for at, value in trial.curve if isfinite(value)]
    trial.state, trial.message = "pruned", "its score was behind those of other trials"
    if trial.curve:
        trial.iteration, trial.value = trial.curve[-1]


def settle(trial: Trial, plan: Plan) -> None:
    """Set score and state of a trial that has trained to its end."""
    if not trial.curve:
        when = "after the first iteration" if plan.phase == "TEST" else "by a display"
        trial.state, trial.message = "failed", f"'{plan.metric}' was not recorded {when}"
        return
    finite = [(at, value) for at, value in trial.curve if isfinite(value)]
    if not finite or (plan.take == "last" and finite[-1] != trial.curve[-1]):
        trial.state, trial.message = "failed", f"'{plan.metric}' is not finite at the end"
    else:
        sign = 1 if plan.maximise else -1
        best = finite[-1] if plan.take == "last" else max(finite, key=lambda point: sign * point[1])
        trial.state, (trial.iteration, trial.value) = "done", best
    trial.curve = finite


def read_curve(path: Path, plan: Plan) -> tuple[list[tuple[int, float]], float]:
    """Iteration and value of each test or display after the first iteration, and the seconds of training.

    Raises:
        OSError: the file can't be read.
        LayerzooError: the score has several values.
    """
    history = read_metrics(path).continued()
    name, _, index = plan.metric.partition("#") if plan.phase == "TEST" else (plan.metric, "", "")
    net = (int(index) if index.isdecimal() else 0) if plan.phase == "TEST" else None
    curve = []
    for row in history.of(net):
        values = row.outputs.get(name)
        if net is None and name == "loss":
            values = [row.loss]  # smoothed over average_loss iterations
        if values is None or not row.iteration:
            continue
        if len(values) != 1:
            raise LayerzooError(f"'{plan.metric}' has {len(values)} values; a score is one number")
        curve.append((row.iteration, values[0]))
    return curve, max((row.seconds for row in history.rows if isfinite(row.seconds)), default=0.0)
