"""The best trial: its config, and the commands that go on with it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from layerzoo.loader import load_solver, write_config
from layerzoo.runs import CONFIG
from layerzoo.tune.journal import Journal, Trial, best_first
from layerzoo.tune.plan import Plan
from layerzoo.tune.running import command_of, run_of, settings_of

BEST: Final = "best.yaml"


def best_trial(journal: Journal, maximise: bool) -> Trial | None:
    """The trial with the best score; None if none has one."""
    trials = best_first(journal.trials.values(), maximise)
    return trials[0] if trials and trials[0].state == "done" else None


def write_best(folder: Path, trial: Trial) -> Path:
    """Write the config of a trial as a solver with its net, which trains anew in ``FOLDER/best.run``.

    Raises:
        LayerzooError: the trial's config can't be read, or the file can't be written.
    """
    param = load_solver(run_of(folder, trial.number) / CONFIG).message
    param.snapshot_prefix = str(folder / "best")
    write_config(param, folder / BEST)
    return folder / BEST


def next_commands(plan: Plan, folder: Path, trial: Trial, has_seed: bool) -> Sequence[tuple[str, str]]:
    """What to do with a trial, and the command line of each."""
    run = run_of(folder, trial.number)
    lines = {
        "train it for longer": ["train", "-solver", str(folder / BEST), "-set", "max_iter=N"],
        "publish it": ["zoo", "publish", str(run), "-name", "NAME"],
        "train it again": command_of(plan, settings_of(plan, trial, has_seed)),
    }
    if plan.weights:
        lines["train it for longer"].insert(3, f"-weights={','.join(plan.weights)}")
    return [(what, shlex.join(["layerzoo", *words])) for what, words in lines.items()]
