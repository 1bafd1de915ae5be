"""``layerzoo evaluate``: score a net and show its errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.evaluation import Judged, Report
    from layerzoo.evaluation.regression import RegressionReport
    from layerzoo.evaluation.several_labels import LabelsReport

_SHOWN_CLASSES = 30


@gflags.command("Zoo")
@flags.deployed
@flags.lenient
@flags.gpu
@flags.threads
@gflags.flag(
    "top",
    metavar="K,...",
    callback=flags.words,
    default="1,5",
    show_default=True,
    help="Values of k for top-k accuracy.",
)
@gflags.flag("labels", metavar="FILE", type=click.Path(path_type=Path), help="Class names, one per line.")
@gflags.flag(
    "worst",
    metavar="N",
    type=click.IntRange(min=0),
    default=25,
    show_default=True,
    help="Number of errors to report.",
)
@gflags.flag(
    "out", metavar="FOLDER", type=click.Path(path_type=Path), help="Write report.json and images here."
)
@gflags.switch(
    "each",
    to="with_samples",
    help="Write samples.json, too: what the net says of each sample, and sheets of small pictures of them.",
)
@gflags.switch("json", to="as_json", help="Print the report as JSON.")
@flags.allow_python
def command(
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: tuple[str, ...],
    overrides: tuple[str, ...],
    lenient: bool,
    gpu: flags.Gpus,
    top: tuple[str, ...],
    labels: Path | None,
    worst: int,
    out: Path | None,
    with_samples: bool,
    as_json: bool,
) -> None:
    """Score a net over its test set: accuracy, top-k, results by class, confusion matrix, worst errors.

    For a net that predicts numbers: the mean absolute error, the root of the mean squared one and R squared
    of each target, in the units of the data. For one that says yes or no to several labels: accuracy,
    precision, recall, F1 and average precision of each, and how often all are right.

    \b
      layerzoo evaluate -zoo lenet-digits -out report
      layerzoo evaluate -run snapshots/lenet.run
      layerzoo evaluate -model net.yaml -weights net.safetensors \\
        -set layer[data,TEST].data_param.source=DB

    -out also writes confusion.png and worst.png, a contact sheet of the worst errors.
    """
    import json

    from layerzoo.cli.tested import tested_net
    from layerzoo.errors import UsageError
    from layerzoo.evaluation import judge, report
    from layerzoo.evaluation.regression import report_numbers
    from layerzoo.evaluation.several_labels import label_losses, report_labels
    from layerzoo.net.target_scales import is_regression

    if with_samples and not out:
        raise UsageError("-each is written to the folder -out; give one")
    if not all(k.isdecimal() and int(k) for k in top):
        raise UsageError(f"-top {','.join(top)}: expected numbers from 1, such as 1,5")
    net, names = tested_net(zoo, model, weights, lenient, overrides, gpu, run)
    if labels:
        names = _label_names(labels)
    if is_regression(net.graph):
        numbers = report_numbers(net, names, worst)
        _show_numbers(numbers, as_json)
        if out:
            _write_report(numbers.as_json(), out)
            click.echo(f"written: {out / 'report.json'}", err=True)
        return
    if label_losses(net.graph):
        answers = report_labels(net, names, worst)
        _show_labels(answers, as_json)
        if out:
            _write_report(answers.as_json(), out)
            click.echo(f"written: {out / 'report.json'}", err=True)
        return
    judged = judge(net)
    if with_samples and judged.images is not None and len(judged.images) != len(judged.labels):
        raise UsageError("-each: the net gives several answers for each sample; leave it out")
    result = report(judged, names, [int(k) for k in top], worst)
    if as_json:
        click.echo(json.dumps(result.as_json()))
    else:
        _show(result)
    if out:
        _write(result, judged.images, out)
        if with_samples:
            _write_samples(judged, result.names, out)


def _label_names(file: Path) -> list[str]:
    """The lines of a file of labels."""
    from layerzoo.errors import DataError
    from layerzoo.regular_file import read_text

    try:
        return read_text(file).splitlines()
    except UnicodeDecodeError:
        raise DataError(f"{file}: not UTF-8 text; expected a label on each line") from None


def _show(result: Report) -> None:
    from rich.table import Table

    from layerzoo.cli.terminal import console

    out = console()
    click.echo(f"{result.count:,} samples, {len(result.names)} classes")
    for k, share in result.top.items():
        click.echo(f"{'accuracy' if k == 1 else f'top-{k}':<10}{share:.4%}")
    rows = result.per_class()
    shown = sorted(rows, key=lambda row: row["f1"])[:_SHOWN_CLASSES] if len(rows) > _SHOWN_CLASSES else rows
    title = "worst classes" if len(shown) < len(rows) else "classes"
    table = Table("class", "samples", "precision", "recall", "f1", title=title)
    for row in shown:
        table.add_row(
            row["class"], str(row["samples"]), *(f"{row[key]:.4f}" for key in ("precision", "recall", "f1"))
        )
    out.print(table)
    if len(rows) <= _SHOWN_CLASSES:
        confusion = Table("", *result.names, title="rows: label, columns: prediction")
        for name, line in zip(result.names, result.confusion.tolist(), strict=True):
            confusion.add_row(name, *(str(count or "·") for count in line))
        out.print(confusion)
    for index, label, guess, score in result.worst[:10]:
        click.echo(f"sample {index}: {result.names[label]} predicted as {result.names[guess]} ({score:.4g})")


def _show_numbers(result: RegressionReport, as_json: bool) -> None:
    import json

    from rich.table import Table

    from layerzoo.cli.terminal import console

    if as_json:
        click.echo(json.dumps(result.as_json()))
        return
    targets = f"{len(result.names)} target" + "s" * (len(result.names) > 1)
    click.echo(f"{result.count:,} samples, {targets}, errors in the units of the data")
    table = Table("target", "mean absolute error", "root mean squared error", "R squared")
    for row in result.per_target():
        r_squared = "" if row["r_squared"] is None else f"{row['r_squared']:.4f}"
        errors = (f"{row[key]:.6g}" for key in ("mean_absolute_error", "root_mean_squared_error"))
        table.add_row(row["target"], *errors, r_squared)
    console().print(table)
    for row in result.worst()[:10]:
        click.echo(
            f"sample {row['sample']}: {row['target']} {row['true']:.6g}, predicted {row['predicted']:.6g}"
        )


def _show_labels(result: LabelsReport, as_json: bool) -> None:
    import json

    from rich.table import Table

    from layerzoo.cli.terminal import console

    if as_json:
        click.echo(json.dumps(result.as_json()))
        return
    click.echo(f"{result.count:,} samples, {len(result.names)} labels, all right of {result.all_right:.4%}")
    keys = ("accuracy", "precision", "recall", "f1", "average_precision")
    table = Table("label", "samples", *(key.replace("_", " ") for key in keys))
    for row in result.per_label():
        shown = ("" if row[key] is None else f"{row[key]:.4f}" for key in keys)
        table.add_row(row["label"], str(row["samples"]), *shown)
    console().print(table)
    for row in result.worst()[:10]:
        true = "yes" if row["true"] else "no"
        click.echo(f"sample {row['sample']}: {row['label']} is {true}, predicted {row['probability']:.4g}")


def _write_report(report: dict[str, Any], out: Path) -> None:
    import json

    from layerzoo.atomic import write_atomic

    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / "report.json", json.dumps(report, indent=1) + "\n")


def _write(result: Report, images: Any, out: Path) -> None:
    from layerzoo.atomic import atomic_path
    from layerzoo.evaluation.pictures import confusion_picture, contact_sheet

    _write_report(result.as_json(), out)
    pictures = {"confusion.png": confusion_picture(result)}
    if images is not None and len(images) == result.count:
        pictures["worst.png"] = contact_sheet(result, images)
    for name, picture in pictures.items():
        with atomic_path(out / name) as path:
            picture.save(path, "PNG")
    click.echo(f"written: {', '.join(str(out / name) for name in ('report.json', *pictures))}", err=True)


def _write_samples(judged: Judged, names: list[str], out: Path) -> None:
    """Write what the net says of each sample, and pictures of them."""
    import json

    from layerzoo.atomic import atomic_path, write_atomic
    from layerzoo.evaluation.samples import sample_facts, sheet_facts, sheets

    images, files = judged.images, list[str]()
    for number, sheet in enumerate(sheets(images) if images is not None else ()):
        files.append(f"samples-{number}.png")
        with atomic_path(out / files[-1]) as path:
            sheet.save(path, "PNG")
    facts = {
        "names": names,
        **sample_facts(judged),
        "sheet": None if images is None else sheet_facts(images),
        "sheets": files,
    }
    write_atomic(out / "samples.json", json.dumps(facts) + "\n")
    click.echo(f"written: {out / 'samples.json'} and {len(files)} sheets of pictures", err=True)
