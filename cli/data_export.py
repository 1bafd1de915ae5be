"""``layerzoo data export``: write images as files, in a folder for each class."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import flags, gflags, sourced


@click.command("export", cls=gflags.Command)
@click.argument("path", metavar="NAME|NET|SOLVER|DATA")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@flags.overrides
@flags.allow_python
def subcommand(path: str, folder: Path, overrides: tuple[str, ...]) -> None:
    """Write the images of data as PNG files, in a folder for each class.

    NAME is a named data set, such as digits, whose files are downloaded if they are missing; its splits and
    the parts of other data become folders train, val and test. DATA is an LMDB, HDF5, a table of images, or
    whatever else layerzoo data show draws. The folder must not exist; it appears when it is complete.

    \b
      layerzoo data export digits digits
      layerzoo new my_net -data digits
    """
    import sys

    from layerzoo.data.dataset import DATASETS
    from layerzoo.data_report.sources import DataSource
    from layerzoo.tools.data_export import export_images, parts_of_named, parts_of_sources

    sources: list[DataSource] = []
    if path in DATASETS and not Path(path).exists():
        from layerzoo.cli.downloads import DownloadBars
        from layerzoo.zoo.data_sets import get_data_set, state_of

        if DATASETS[path].files and state_of(DATASETS[path]) != "present":
            with DownloadBars() as bars:
                get_data_set(path, (), bars.show)
        parts = parts_of_named(path)
    else:
        sources = sourced.sources_in(path, overrides)[0]
        parts = parts_of_sources(sources)
    total = max(1, sum(part.total for part in parts))
    try:
        if sys.stderr.isatty():
            with click.progressbar(length=total, label="images", file=sys.stderr) as bar:
                count = export_images(parts, folder, lambda done, _: bar.update(done - bar.pos))
        else:
            count = export_images(parts, folder, lambda done, of: None)
    finally:
        for source in sources:
            source.close()
    click.echo(f"{folder}: {count:,} images")
