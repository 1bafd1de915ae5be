"""``layerzoo verify_resume``: show that a resumed run equals an undisturbed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from layerzoo.solver.trials.verify_resume import Compared, ResumeCheck


def _allow_python(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Import the modules here too, where the config is checked; a click callback."""
    if value:
        from layerzoo.pycaffe.user_modules import allow_user_modules

        allow_user_modules(flags.words(ctx, param, value))
    return value


@gflags.command("Training")
@gflags.flag("solver", metavar="FILE", help="The solver: prototxt or YAML.")
@flags.weights
@flags.strict
@flags.lenient
@flags.gpu
@flags.threads
@flags.level
@flags.stage
@flags.overrides
@gflags.flag(
    "allow_python",
    metavar="MODULE,...",
    callback=_allow_python,
    default="",
    help="Python modules, or their files, to import: for layers of type Python and registered layer types.",
)
@gflags.flag(
    "iterations",
    metavar="N",
    type=click.IntRange(min=3),
    default=8,
    show_default=True,
    help="Iterations of each run; a snapshot is taken after each third of them.",
)
@gflags.flag(
    "processes",
    metavar="N",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Also compare the samples with those of N processes that train together, on the CPU or GPUs.",
)
@gflags.flag(
    "max_time",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    default=600,
    show_default=True,
    help="Time for all runs; then the command ends with an error.",
)
@gflags.flag(
    "out",
    metavar="DIR",
    help="Keep the files of all runs in this folder, which must not exist or be empty; default: a temporary "
    "folder, which is deleted.",
)
@gflags.switch("deterministic", help="Use only deterministic algorithms; some are slower on a GPU.")
def command(
    solver: str | None,
    weights: tuple[str, ...],
    strict: bool,
    lenient: bool,
    gpu: flags.Gpus,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
    allow_python: str,
    iterations: int,
    processes: int,
    max_time: float,
    out: str | None,
    deterministic: bool,
) -> int:
    """Show that a resumed run equals an undisturbed one bit for bit, with your own net and data.

    \b
      layerzoo verify_resume -solver configs/lenet_solver.yaml
      layerzoo verify_resume -solver solver.yaml -allow_python my_layers -iterations 30
      layerzoo verify_resume -solver solver.yaml -processes 2

    layerzoo train runs a few iterations undisturbed; then it is killed (SIGKILL) twice and resumed; then it
    runs with another number of data processes. Samples, losses, weights, history and the state of all parts
    are compared. Processes that train together add gradients in another order, so only their samples are.
    Which run goes on, and its iteration every 10 seconds, is written to the standard error.
    The run's own files are left alone, and nothing is published.

    If something differs, the first iteration and layer are named, with the likely reason. Exit code: 0 all
    that was compared is equal, 1 something differs or a run failed; a run that fails by a config or by its
    data gives its own exit code.
    """
    import tempfile
    from functools import partial
    from pathlib import Path

    from layerzoo.cli.nets import required
    from layerzoo.errors import Fault
    from layerzoo.loader import load_solver
    from layerzoo.solver.config.checking import check_solver
    from layerzoo.solver.trials.training_runs import TrainingRuns
    from layerzoo.solver.trials.verify_resume import ResumeCheck
    from layerzoo.terminal_text import one_line

    faults: list[Fault] = []
    document = load_solver(required("solver", solver), overrides, faults=faults)
    checked = check_solver(document, level, stage, faults)
    words = ["-solver", str(solver)]
    words += [f"-weights={','.join(weights)}"] if weights else []
    words += [f"-{name}" for name, on in (("strict", strict), ("lenient", lenient)) if on]
    words += [] if gpu is None else [f"-gpu={','.join(map(str, gpu)) or 'none'}"]
    words += [f"-level={level}"] if level else []
    words += [f"-stage={','.join(stage)}"] if stage else []
    words += [f"-allow_python={allow_python}"] if allow_python else []
    words += ["-deterministic"] if deterministic else []
    with tempfile.TemporaryDirectory(prefix="layerzoo-") as temporary:
        folder = _folder(out) if out else Path(temporary)
        tell = partial(_tell, iterations)
        runs = TrainingRuns(words, overrides, folder.absolute(), max_time, tell)
        check = ResumeCheck(document, checked, runs, iterations, level, stage)
        rows: list[Compared] = []
        for compared in _steps(check, processes):
            _show(compared)
            rows += compared
    for first, reason in check.reasons:
        click.echo(f"{one_line(first)}\n    likely reason: {one_line(reason)}")
    if out:
        click.echo(f"files of all runs: {out}", err=True)
    if any(row.difference for row in rows):
        click.echo("different")
        return 1
    click.echo("equal, as far as it was compared" if any(row.left_out for row in rows) else "equal")
    return 0


def _steps(check: ResumeCheck, processes: int) -> Iterator[Sequence[Compared]]:
    """Make the runs one after the other; yields what was compared."""
    click.echo(f"undisturbed: {check.iterations} iterations, seed {check.seed}")
    check.undisturbed()
    yield check.resumed()
    yield check.with_other_workers()
    if processes > 1:
        yield check.in_processes(processes)


def _tell(iterations: int, name: str, life: str, done: int, seconds: float) -> None:
    """Say on the standard error which run goes on, and how far it is."""
    part = f", part {int(life[4:]) + 1}" if life.startswith("life") else ""
    state = f"iteration {done} of {iterations}, {seconds:.0f} s" if seconds else "begins"
    click.echo(f"run '{name}'{part}: {state}", err=True)


def _show(rows: Sequence[Compared]) -> None:
    """Print what was compared of a run."""
    from layerzoo.terminal_text import one_line

    click.echo(f"{rows[0].run}:")
    width = max(len(row.what) for row in rows[:-1] or rows)
    for row in rows:
        click.echo(f"    {row.what:<{width}}  {one_line(row.result)}")


def _folder(out: str) -> Path:
    """The folder of ``-out``.

    Raises:
        UsageError: it has files.
    """
    from pathlib import Path

    from layerzoo.errors import UsageError

    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"-out {out}: it exists and is not an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
