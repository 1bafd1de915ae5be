"""``layerzoo migrate``: take Caffe models to formats that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerzoo.migration import Model, Outcome

FORMATS = ("onnx", "torch_export", "python", "caffemodel")


@gflags.command("Zoo")
@click.argument("files", nargs=-1, metavar="NET [WEIGHTS]")
@gflags.flag(
    "out", metavar="FOLDER", type=click.Path(path_type=Path), help="The folder to write, new or empty."
)
@gflags.flag(
    "all", to="source", metavar="FOLDER", help="Migrate all nets in a folder, with the weights beside each."
)
@gflags.flag(
    "formats",
    metavar="NAME,NAME",
    default=",".join(FORMATS),
    show_default=True,
    help="The formats to write.",
)
@gflags.flag("labels", metavar="FILE", help="Names of the classes, one a line.")
@gflags.flag(
    "mean_value",
    metavar="B,G,R",
    help="What the net subtracts from images, for the report and the comparison.",
)
@gflags.flag(
    "scale", metavar="FACTOR", type=float, default=1.0, help="What it multiplies images by after that."
)
@gflags.switch(
    "untrained", help="Migrate a net without weights; params that no filler gives values are drawn."
)
@gflags.flag(
    "opencv",
    metavar="PYTHON",
    type=click.Path(path_type=Path),
    help="A Python with OpenCV 4, which then runs the ONNX and the Caffe files, too.",
)
@gflags.flag(
    "processes", metavar="N", type=click.IntRange(min=1), default=2, help="With -all: nets at the same time."
)
@gflags.flag(
    "timeout", metavar="SECONDS", type=float, default=600.0, help="With -all: limit of CPU time per net."
)
@flags.overrides
@flags.allow_python
def command(
    files: tuple[str, ...],
    out: Path | None,
    source: str | None,
    formats: str,
    labels: str | None,
    mean_value: str | None,
    scale: float,
    untrained: bool,
    opencv: Path | None,
    processes: int,
    timeout: float,
    overrides: tuple[str, ...],
) -> int:
    """Convert a Caffe model: write ONNX, plain Python, a torch program and today's Caffe format.

    \b
      layerzoo migrate deploy.prototxt net.caffemodel -out converted
      layerzoo migrate -all models -out converted -processes 4

    Each file is read again and compared with the original on inputs that look like real ones. REPORT.md says
    how well each format agrees, what was upgraded, and what could not be done; golden.safetensors holds the
    inputs and outputs. The exit code is 1 if a format could not be written.
    """
    from layerzoo.cli.nets import required
    from layerzoo.errors import UsageError

    target = required("out", out)
    chosen = _chosen(formats)
    if source is not None:
        if files:
            raise UsageError("-all and a net exclude each other; give one")
        if opencv is not None:
            raise UsageError("-opencv is for one net; leave it out, or migrate the nets one by one")
        return _migrate_all(Path(source), target, chosen, untrained, processes, timeout)
    if not 1 <= len(files) <= 2:
        raise UsageError("name a net and its weights: layerzoo migrate NET WEIGHTS -out FOLDER")
    if len(files) == 1 and not untrained:
        raise UsageError("the weights are missing; name them after the net, or give -untrained")
    from layerzoo.migration import migrate

    weights = Path(files[1]) if len(files) == 2 else None
    how = {"scale": scale} if scale != 1 else {}
    preprocessing = how | ({"mean_value": _numbers(mean_value)} if mean_value else {})
    names = _lines(labels) if labels else []
    made = migrate(
        Path(files[0]),
        weights,
        target,
        overrides=overrides,
        formats=chosen,
        labels=names,
        preprocessing=preprocessing,
        opencv=opencv,
    )
    for outcome in made.outcomes:
        click.echo(_line(outcome))
    for line in made.opencv:
        click.echo(line)
    click.echo(
        f"{target / 'REPORT.md'}: {'all formats agree' if made.complete else 'see what could not be done'}"
    )
    return 0 if made.complete else 1


def _migrate_all(
    source: Path, target: Path, formats: Sequence[str], untrained: bool, processes: int, timeout: float
) -> int:
    from layerzoo.atomic import write_atomic
    from layerzoo.cli.progress import IterationBar
    from layerzoo.errors import UsageError
    from layerzoo.migration import models_in
    from layerzoo.migration.many import migrate_each
    from layerzoo.migration.report import table

    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} already exists; name another folder with -out, or empty it")
    models: list[Model] = [model for model in models_in(source) if model.weights or untrained]
    if not models:
        raise UsageError(f"no net with weights in {source}; -untrained takes nets without weights")
    rows: list[tuple[Path, Sequence[Outcome], str]] = []
    target.mkdir(parents=True, exist_ok=True)
    try:
        with IterationBar(len(models), what="Migrating") as bar:
            for row in migrate_each(models, source, target, formats, processes=processes, seconds=timeout):
                rows.append(row)
                bar.advance_to(len(rows))
    finally:  # also of those that were done before an interrupt
        rows.sort(key=lambda row: row[0])
        text = table(rows)
        write_atomic(target / "REPORT.md", text)
    click.echo(text, nl=False)
    return 1 if any(why or any(outcome.why for outcome in outcomes) for _, outcomes, why in rows) else 0


def _line(outcome: Outcome) -> str:
    if outcome.why:
        return f"{outcome.format}: not written: {outcome.why}"
    files = ", ".join(outcome.files)
    return f"{outcome.format}: {files} (largest difference: {outcome.deviation:.1g} of the largest value)"


def _chosen(text: str) -> tuple[str, ...]:
    from layerzoo.errors import UsageError, did_you_mean, nearest

    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in FORMATS:
            hint = did_you_mean(nearest(name, FORMATS)) or f"known are {', '.join(FORMATS)}"
            raise UsageError(f"-formats: no format '{name}'; {hint}")
    if not names:
        raise UsageError(f"-formats: no format is named; known are {', '.join(FORMATS)}")
    return names


def _numbers(text: str) -> list[float]:
    from layerzoo.errors import UsageError

    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise UsageError(f"-mean_value: '{text}' is not a list of numbers such as 104,117,123") from None


def _lines(path: str) -> list[str]:
    from layerzoo.zoo.caffe_entry import read_labels

    return read_labels(Path(path))
