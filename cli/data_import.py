"""``layerzoo data import``: convert data to a database."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import gflags


@click.command("import", cls=gflags.Command)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="DB_NAME")
@gflags.flag(
    "kind",
    metavar="KIND",
    default="",
    help="folder, list, csv, idx, cifar, hdf5, coco or voc; default: found by SOURCE.",
)
@gflags.flag("root", metavar="FOLDER", default="", help="Folder of the images of a list, a table or COCO.")
@gflags.flag("labels", metavar="FILE", default="", help="The labels of IDX images.")
@gflags.flag(
    "part",
    metavar="NAME",
    default="",
    help="The folder train, val or test; a list of VOC's images.",
)
@gflags.flag("resize_width", metavar="N", type=click.IntRange(min=0), default=0, help="Resize to this width.")
@gflags.flag(
    "resize_height", metavar="N", type=click.IntRange(min=0), default=0, help="Resize to this height."
)
@gflags.switch("gray", help="Convert image files to greyscale.")
@gflags.switch("raw", help="Store pixels: larger on disk, faster to read than encoded images.")
@gflags.switch("shuffle", help="Store records in a random order, the same for the same data.")
def subcommand(
    source: str,
    target: str,
    kind: str,
    root: str,
    labels: str,
    part: str,
    resize_width: int,
    resize_height: int,
    gray: bool,
    raw: bool,
    shuffle: bool,
) -> None:
    """Convert data to an LMDB, for Data layers; boxes for AnnotatedData.

    SOURCE is a folder of images for each class, a list or table of images, IDX or CIFAR's binary files, HDF5,
    annotations of COCO, or a folder of PASCAL VOC. Several threads decode; an interrupted import continues
    when it is started again; at the end all records are read and compared.

    \b
      layerzoo data import photos/ photos_lmdb -resize_height 256 -resize_width 256
    """
    from layerzoo.cli.downloads import DownloadBars
    from layerzoo.errors import UsageError
    from layerzoo.tools.data_import import KINDS, ImportSettings, import_data

    if kind and kind not in KINDS:
        raise UsageError(f"unknown kind '{kind}'; expected {', '.join(KINDS)}")
    if bool(resize_width) != bool(resize_height):
        raise UsageError("resize_width and resize_height belong together; give both")
    settings = ImportSettings(kind, root, labels, part, resize_height, resize_width, gray, raw, shuffle)
    with DownloadBars() as bars:
        count, names = import_data(Path(source), Path(target), settings, bars.show)
    click.echo(f"wrote {target}: {count:,} records, verified")
    if names:
        click.echo(f"classes from 0: {', '.join(names)}")
