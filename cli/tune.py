"""``layerzoo tune``: train a solver with many settings, and find the best."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags
from layerzoo.cli.duration import duration

if TYPE_CHECKING:
    from pathlib import Path

    from layerzoo.tune import Journal, Plan, Trial

_COLOURS = {"done": "green", "pruned": "yellow", "failed": "red", "begun": "cyan"}
_MAX_MESSAGE = 100
_EXIT_TERMINATED = 75


def _allow_python(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Import the modules here too, where the config is checked; a click callback."""
    if value:
        from layerzoo.pycaffe.user_modules import allow_user_modules

        allow_user_modules(flags.words(ctx, param, value))
    return value


@gflags.command("Training")
@click.argument("file", metavar="TUNE.YAML")
@gflags.flag(
    "processes",
    metavar="N",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Trials that run at a time; they share the processors.",
)
@gflags.flag(
    "gpu",
    metavar="ID,...",
    callback=flags.gpu_ids,
    help="GPUs that the trials take turns on, or none for the CPU. Default: the solver's solver_mode.",
)
@gflags.flag(
    "out",
    metavar="DIR",
    help="Folder of the trials and the journal; default: NAME.tune beside NAME.yaml, for a shipped plan "
    "in the working folder.",
)
@gflags.flag(
    "allow_python",
    metavar="MODULE,...",
    callback=_allow_python,
    default="",
    help="Python modules, or their files, to import: for layers of type Python and registered layer types.",
)
@gflags.flag(
    "picture",
    metavar="FILE",
    help="Draw the trials that are done (parallel coordinates, importance of the axes; of one_at_a_time, the "
    "scores of each axis): .png, .svg, .pdf.",
)
@gflags.switch("retry", help="Run failed trials again.")
@gflags.switch("table", help="Print the table of the trials so far; run nothing.")
@gflags.switch("json", to="as_json", help="Print the trials as JSON.")
def command(
    file: str,
    processes: int,
    gpu: flags.Gpus,
    out: str | None,
    allow_python: str,
    picture: str | None,
    retry: bool,
    table: bool,
    as_json: bool,
) -> int:
    """Train a solver with many settings and find the best: by a grid, at random, or by TPE.

    \b
      layerzoo tune tune.yaml
      layerzoo tune tune.yaml -processes 4
      layerzoo tune tune.yaml -table

    \b
      solver: configs/lenet_solver.yaml
      set: [max_iter=500, test_interval=100]
      axes:                        # any path of -set
        base_lr: {log_range: [0.001, 0.1]}
        momentum: {range: [0.5, 0.95], step: 0.05}
        net.layer[ip1].inner_product_param.num_output: {values: [100, 500]}
        rule: {choices: [{name: SGD}, {name: Adam, set: [type=Adam, momentum2=0.99]}]}
      maximise: accuracy           # or minimise: loss
      search: random               # or grid, one_at_a_time, tpe (extra layerzoo[tune])
      trials: 20
      seed: 1
      prune: {percentile: 50, first: 5, warmup: 200}   # optional (extra layerzoo[tune])

    A range can have a step (of a log_range a factor) or integer: true; choices are settings that belong
    together. one_at_a_time begins with the first value of each axis and changes one of them. phase: TRAIN
    takes the score of the displays, not of the tests; take: best the best value of a trial, not its last;
    weights: [FILE] are what all trials begin with. prune ends a trial whose score is worse than those of
    percentile % of the others at the same iteration, after warmup iterations, once first trials have ended.

    Each trial is a run of layerzoo train in the folder NAME.tune, with a journal. The values of a trial
    depend only on the plan, the seed and its number; with tpe, also on the trials before it. Ctrl-C stops all
    trials with a snapshot; the same command goes on from there, also after a kill. A trial that fails is
    recorded, and the others go on. More trials: raise trials, and run it again.

    Exit code: 0 done or stopped by Ctrl-C, 1 no trial has a score, 2 a fault of the plan, 75 stopped by
    SIGTERM.
    """
    from pathlib import Path

    from layerzoo.tune import Journal, read_plan
    from layerzoo.tune.picture import check_picture, save_picture

    if picture:
        check_picture(picture)
    plan = read_plan(file)
    folder = Path(out) if out else _beside(plan.path)
    journal = Journal(folder)
    has_seed, signals = True, list[int]()
    if not table:
        from layerzoo.tune.check import check_plan
        from layerzoo.tune.tuning import Tuning

        words = [f"-allow_python={allow_python}"] if allow_python else []
        words += ["-gpu=none"] if gpu == () else []
        checked = check_plan(plan)
        has_seed = checked.has_seed
        tuning = Tuning(plan, checked, journal, processes, words, _gpus(gpu), _Teller(plan))
        tuning.run(retry)
        signals = tuning.signals
    if as_json:
        _print_json(journal, plan)
    elif journal.trials:
        _print_table(journal, plan)
    else:
        click.echo(f"no trials in {folder} yet")
    trials = list(journal.trials.values())
    if picture and any(trial.state == "done" for trial in trials):
        alone = plan.search == "one_at_a_time"
        save_picture(trials, plan.axes, plan.metric, plan.maximise, picture, alone)
        click.echo(f"wrote {picture}", err=True)
    elif picture:
        click.echo(f"{picture} is not written: no trial has a score yet", err=True)
    return _finish(journal, plan, signals, has_seed, table)


def _beside(path: Path) -> Path:
    """The folder of the tune of a plan: beside it; of a shipped plan, in the working folder."""
    from pathlib import Path

    from layerzoo.catalogue.shipped import CONFIGS

    folder = path.with_name(f"{path.stem}.tune")
    return Path(folder.name) if path.resolve().is_relative_to(CONFIGS.resolve()) else folder


def _gpus(gpu: flags.Gpus) -> Sequence[int]:
    """The GPUs that trials take turns on.

    Raises:
        UsageError: all are asked for, and there is none.
    """
    if gpu != "all":
        return gpu or ()
    import torch

    from layerzoo.errors import UsageError

    if not torch.cuda.device_count():
        raise UsageError("-gpu all: torch sees no GPU; give -gpu none for the CPU")
    return range(torch.cuda.device_count())


class _Teller:
    """Says on the standard error which trial begins and ends."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __call__(self, what: str, trial: Trial) -> None:
        from layerzoo.log import number
        from layerzoo.terminal_text import one_line

        text = f"trial {trial.number} of {self._plan.trials} {what}"
        if what in ("begins", "goes on"):
            text += ": " + ", ".join(f"{_short(path)}={value}" for path, value in trial.values.items())
        elif what == "ends" and trial.value is not None:
            text += f": {self._plan.metric} {number(trial.value)}, {duration(trial.seconds)}"
        elif what == "ends":
            text += f", {trial.state}: {trial.message.splitlines()[0] if trial.message else ''}"
        click.echo(one_line(text), err=True)


def _finish(journal: Journal, plan: Plan, signals: list[int], has_seed: bool, table: bool) -> int:
    """Print how to go on; returns the exit code."""
    import signal

    from layerzoo.tune.best import best_trial, next_commands, write_best

    folder = journal.path.parent
    best = best_trial(journal, plan.maximise)
    ended = sum(trial.state != "begun" for trial in journal.trials.values())
    if best is not None and not table:
        click.echo(f"best: trial {best.number}; its config: {write_best(folder, best)}", err=True)
        for what, line in next_commands(plan, folder, best, has_seed):
            click.echo(f"    {what}: {line}", err=True)
    if signals:
        click.echo(f"stopped: {ended} of {plan.trials} trials have ended; to go on: {_again()}", err=True)
        return _EXIT_TERMINATED if signal.SIGTERM in signals else 0
    return 0 if best is not None or table else 1


def _again() -> str:
    """The command line, with the flags that were given."""
    context = click.get_current_context()
    words = ["layerzoo", "tune", str(context.params["file"])]
    for name in ("processes", "gpu", "out", "allow_python", "picture"):
        value = context.params[name]
        if value not in (None, "") and (name, value) != ("processes", 1):
            shown = ",".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
            words += [f"-{name}", shown]
    return shlex.join(words)


def _print_json(journal: Journal, plan: Plan) -> None:
    import json
    from dataclasses import asdict

    from layerzoo.tune import best_first

    rows = [asdict(trial) for trial in best_first(journal.trials.values(), plan.maximise)]
    facts = {"metric": plan.metric, "maximise": plan.maximise, "trials": rows}
    click.echo(json.dumps(facts, indent=2))


def _print_table(journal: Journal, plan: Plan) -> None:
    """Print the trials, the best first."""
    from rich.table import Table
    from rich.text import Text

    from layerzoo.cli.terminal import console
    from layerzoo.log import number
    from layerzoo.tune import best_first
    from layerzoo.tune.importance import importance

    names = [_short(axis.path) for axis in plan.axes]
    if len(set(names)) < len(names):
        names = [axis.path for axis in plan.axes]
    table = Table()
    for title in ("trial", "state", plan.metric, "iteration", "time", *names):
        table.add_column(title, overflow="fold")
    messages = []
    for trial in best_first(journal.trials.values(), plan.maximise):
        value = "" if trial.value is None else number(trial.value)
        at = str(trial.iteration) if trial.value is not None else ""
        cells = [str(trial.number), trial.state, value, at, duration(trial.seconds) if trial.seconds else ""]
        cells += [trial.values.get(axis.path, "") for axis in plan.axes]
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in cells))
        if trial.state == "failed":
            messages.append(f"trial {trial.number}: {trial.message.splitlines()[0]}")
    out = console()
    out.width = max(out.width, 60) if out.is_terminal else 200
    out.print(table)
    shares = {} if plan.search == "one_at_a_time" else importance(journal.trials.values(), plan.axes)
    if shares:
        ordered = sorted(shares, key=lambda path: -shares[path])
        text = ", ".join(f"{_short(path)} {shares[path]:.2f}" for path in ordered)
        messages.insert(0, f"importance: {text}")
    for message in messages:
        out.print(Text(message))


def _short(path: str) -> str:
    """The layer and the field of a path: ``ip1 num_output``."""
    import re

    name = path.rpartition(".")[2]
    selectors = re.findall(r"\[([^\]]+)\]\.", path)
    return " ".join([*selectors[-1:], name])
