"""``layerzoo launch``: print the job file of a cluster, and submit it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from layerzoo.cli import gflags
from layerzoo.errors import ConfigError, LayerzooError, UsageError
from layerzoo.jobs import CLUSTERS, COMMANDS, Cluster, Job, JobCommand, submit
from layerzoo.jobs.job import default_name
from layerzoo.jobs.job_command import without_program

if TYPE_CHECKING:
    from pathlib import Path

    from layerzoo.schema import SolverParameter

_COUNT = click.IntRange(1, 4096)
_OF_THE_JOB = (
    gflags.flag(
        "machines",
        metavar="N",
        type=_COUNT,
        default=1,
        show_default=True,
        help="Machines that train together.",
    ),
    gflags.flag(
        "gpus", metavar="N", type=click.IntRange(0, 64), help="GPUs of each machine; default: none, the CPU."
    ),
    gflags.flag(
        "processes",
        metavar="N",
        type=click.IntRange(1, 256),
        default=1,
        show_default=True,
        help="On the CPU: processes of each machine.",
    ),
    gflags.flag("name", metavar="NAME", help="Name of the job; default: from the file of the solver."),
    gflags.flag(
        "grace",
        metavar="SECONDS",
        type=click.IntRange(10, 3600),
        default=120,
        show_default=True,
        help="Time from the signal to stop to the end, in which the snapshot is written.",
    ),
    gflags.flag(
        "price_per_hour",
        metavar="PRICE",
        type=click.FloatRange(min=0),
        help="Price of a machine for an hour, from which train computes the cost of the run.",
    ),
)
_OUT = (
    gflags.flag("out", metavar="FILE", help="Write the job file here; default: stdout."),
    gflags.switch("submit", help="Submit the job by the cluster's client."),
)


@gflags.group("Training")
def command() -> None:
    """Print the job file that trains on a cluster, or submit it: SLURM, Kubernetes, SkyPilot.

    \b
      layerzoo launch slurm -machines 2 -gpus 4 -time 4:00:00 -- train -solver solver.yaml
      layerzoo launch kubernetes -gpus 8 -image IMAGE -claim runs -submit -- train -solver solver.yaml
      layerzoo launch sky -accelerators H100:8 -bucket s3://runs -- train -solver solver.yaml

    What follows the two dashes is the command to run, train or tune. It is checked here, with its solver if
    that file is here. Train is given -resume auto: before a time limit, or when its machine is taken away, it
    stops with a snapshot and exit code 75, on which each kind of job starts again and goes on from there.
    """


def _add(name: str) -> None:
    """Add the command of a cluster, with a flag for each of its settings."""
    kind = CLUSTERS[name]

    def run(words: tuple[str, ...], out: str | None, **asked: Any) -> None:
        _launch(kind, words, asked, out, asked["submit"])

    run.__doc__ = f"{kind.what}\n\n{_paragraphs(kind)}"
    for one in (*reversed(_OUT), *reversed([_flag_of(kind, n) for n in range(len(kind.settings))])):
        run = one(run)
    for one in reversed(_OF_THE_JOB):
        run = one(run)
    run = click.argument("words", nargs=-1, metavar="-- COMMAND [FLAGS]")(run)
    command.add_command(click.command(name, cls=gflags.Command)(run))


def _flag_of(kind: type[Cluster], number: int) -> Any:
    setting = kind.settings[number]
    shown = f"{setting.help.rstrip('.')}; default: {setting.default}." if setting.default else setting.help
    return gflags.flag(setting.name, metavar=setting.metavar, help=shown)


def _paragraphs(kind: type[Cluster]) -> str:
    """The docstring of a cluster, without its indentation."""
    import inspect

    return inspect.cleandoc(kind.__doc__ or "").replace("``", "")


def _launch(
    kind: type[Cluster], words: tuple[str, ...], asked: Mapping[str, Any], out: str | None, send: bool
) -> None:
    """Check a job, and print, write or submit it."""
    from pathlib import Path

    from layerzoo.jobs.submit import check_client

    settings = {one.name: one.checked(asked[one.name]) for one in kind.settings}
    run = _command(words, asked["price_per_hour"])
    gpus = kind.gpus(asked["gpus"], settings)
    if gpus and asked["processes"] > 1:
        raise UsageError("-processes is for the CPU; each GPU of -gpus has a process")
    job = Job(
        asked["name"] or default_name(run.file),
        run,
        asked["machines"],
        gpus,
        asked["processes"],
        asked["grace"],
        settings,
        made_by=_made_by(),
    )
    cluster = kind(job)
    for note in [*_check_config(run, gpus), *cluster.notes()]:
        click.echo(f"note: {note}", err=True)
    if send:
        check_client(cluster)
    if out:
        _write(cluster, run.file, Path(out))
    elif not send:
        click.echo(cluster.text(), nl=False)
    if send:
        submit(cluster, Path(out) if out else None)
    elif out:
        click.echo(f"wrote {out}; to submit it: {shlex.join(cluster.submission(Path(out)))}", err=True)


def _write(cluster: Cluster, config: str, out: Path) -> None:
    """Write the job file.

    Raises:
        UsageError: it is the config that the job trains.
        LayerzooError: it can't be written.
    """
    from pathlib import Path

    from layerzoo.atomic import write_atomic

    if out.exists() and Path(config).exists() and out.samefile(config):
        raise UsageError(f"-out {out} is the config of the job; name another file")
    try:
        write_atomic(out, cluster.text())
    except OSError as error:
        raise LayerzooError(f"{out} can't be written: {error.strerror or error}") from error


def _command(words: tuple[str, ...], price: float | None) -> JobCommand:
    """The command to run, with the flags that it is given.

    Raises:
        UsageError: a job can't run it.
        click.UsageError: it has no such flag.
    """
    name, *own = without_program(words)
    if name == "train" and price is not None:
        own = [*own, "-set", f"price_per_hour={price:g}"]
    program = click.get_current_context().find_root()
    assert isinstance(program.command, click.Group)
    inner = program.command.get_command(program, name)
    assert isinstance(inner, gflags.Command)
    given, others = inner.separate(click.Context(inner, program, name), own)
    flags: dict[str, tuple[str, ...]] = {}
    for option, taken in given:
        value = str(taken in option.opts).lower() if option.is_flag else taken.partition("=")[2]
        flag = option.opts[0].lstrip("-")
        flags[flag] = (*flags.get(flag, ()), value)
    return COMMANDS[name](tuple(own), flags, tuple(others))


def _check_config(run: JobCommand, gpus: int) -> list[str]:
    """Check the config that a job trains, if it is here; returns what the user should know.

    Raises:
        ConfigError: it has faults.
    """
    from layerzoo.loader.files import find_config

    try:
        find_config(run.file)
    except ConfigError:
        return [f"{run.file} is not here, so it is not checked; where the job runs it has to be"]
    if run.name == "tune":
        from layerzoo.tune import read_plan

        read_plan(run.file)
        return []
    from layerzoo.loader import load_solver

    return _advice(load_solver(run.file, run.flags.get("set", ())).message, gpus)


def _advice(solver: SolverParameter, gpus: int) -> list[str]:
    """What is unlikely to be meant of a solver in a job."""
    from layerzoo.schema import SolverParameter

    found = []
    if not solver.snapshot:
        found.append(
            "the solver takes no snapshots on the way (snapshot is 0), so what a machine has trained that is "
            "lost without a signal has to be trained again: -set snapshot=N"
        )
    if not gpus and solver.solver_mode == SolverParameter.GPU:
        found.append("without -gpus the job trains on the CPU")
    return found


def _made_by() -> str:
    """The command line, of the flags that were given."""
    context = click.get_current_context()
    made = context.command_path.split()
    for param in context.command.params:
        source = context.get_parameter_source(param.name or "")
        if isinstance(param, click.Option) and source is click.core.ParameterSource.COMMANDLINE:
            value = context.params[param.name or ""]
            name = param.opts[0].lstrip("-")
            made += [f"-{name}" if value else f"-no{name}"] if param.is_flag else [f"-{name}", f"{value}"]
    return shlex.join([*made, "--", *context.params["words"]])


for _name in CLUSTERS:
    _add(_name)
