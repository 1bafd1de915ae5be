"""``layerzoo new``: start a project from data."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import flags, gflags


@gflags.command("Training")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@gflags.flag("data", metavar="PATH", required=True, type=click.Path(path_type=Path), help="The data.")
@gflags.flag(
    "model",
    metavar="NAME",
    default="",
    help="The net: lenet, resnet18, mobilenet_v2, mlp, lenet_mlp, ssd, unet, lstm, temporal_conv, "
    "mel_conv, or zoo:NAME to fine-tune an entry. Default: by the data.",
)
@gflags.flag(
    "size",
    metavar="PIXELS",
    type=click.IntRange(8, 1024),
    default=None,
    help="Side of the images. Default: by the data.",
)
@gflags.flag("batch_size", metavar="N", type=click.IntRange(min=1), default=None, help="Samples in a batch.")
@gflags.flag(
    "epochs", metavar="N", type=click.IntRange(min=1), default=None, help="Passes through the training data."
)
@gflags.flag(
    "label", metavar="COLUMN,...", callback=flags.words, default="", help="Columns of a table to predict."
)
@gflags.flag(
    "join",
    metavar="FILE",
    default="",
    help="A second table, whose columns are added to the rows of the first.",
)
@gflags.flag(
    "key",
    metavar="COLUMN",
    default="",
    help="The column that tables are joined by. Default: the one in both.",
)
def command(
    folder: Path,
    data: Path,
    model: str,
    size: int | None,
    batch_size: int | None,
    epochs: int | None,
    label: tuple[str, ...],
    join: str,
    key: str,
) -> None:
    """Look at data, and write a net, a solver and a README that fit them.

    \b
      layerzoo new pets -data photos/
      layerzoo train -solver pets/solver.yaml
      layerzoo classify -run pets photo.jpg

    The data are a folder of images for each class, a table with numbers, categories or paths of images
    (-join adds the columns of a second table), texts, sequences of steps, recordings, HDF5, an LMDB,
    annotations of boxes as of COCO or PASCAL VOC, or images with masks. They are split into train, val and
    test by a hash of each sample's name, unless they are divided into folders of these names. Nothing is
    overwritten.
    """
    import logging

    import torch

    from layerzoo.loader import load_solver
    from layerzoo.projects import Asked, plan_project, write_project
    from layerzoo.projects.readme_text import summary_lines
    from layerzoo.projects.write import check_free
    from layerzoo.solver import check_run

    check_free(folder)
    asked = Asked(model, size or 0, batch_size or 0, epochs or 0, label, join, key)
    project = plan_project(data, asked, folder, torch.cuda.is_available())
    description = project.description
    click.echo(f"{data}: {description.what}")
    for line in summary_lines(description):
        click.echo(f"  {line}")
    for warning in description.warnings:
        click.echo(f"warning: {warning}", err=True)

    def check(solver: Path) -> None:
        log, level = logging.getLogger("layerzoo"), logging.getLogger("layerzoo").level
        log.setLevel(logging.WARNING)  # what a run logs of its length
        try:
            check_run(load_solver(solver))
        finally:
            log.setLevel(level)

    paths = write_project(folder, project, check)
    click.echo(f"task: {description.task}; net: {project.model}")
    click.echo(f"written: {', '.join(map(str, paths))}")
    click.echo(f"next: layerzoo train -solver {folder / 'solver.yaml'}")
