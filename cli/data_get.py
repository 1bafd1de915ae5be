"""``layerzoo data get``: download named data sets."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@click.command("get", cls=gflags.Command)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@gflags.flag(
    "from",
    to="mirrors",
    metavar="URL,...",
    callback=flags.words,
    default="",
    help="URLs or folders that hold the files, in place of the known ones.",
)
def subcommand(names: tuple[str, ...], mirrors: tuple[str, ...]) -> None:
    """Download named data sets, for Dataset layers; without a NAME, list them.

    Files go to datasets/NAME in LAYERZOO_HOME. Their sizes and sha256 are checked against published lists;
    an interrupted download is resumed.
    """
    from layerzoo.cli.downloads import DownloadBars
    from layerzoo.data.dataset import DATASETS
    from layerzoo.disk import decimal_size
    from layerzoo.zoo.data_sets import get_data_set, state_of

    if not names:
        for name in DATASETS:
            files = DATASETS[name].files
            if files:
                size = decimal_size(sum(file.size for file in files))
                click.echo(f"{name:<16}{size:>10}  {state_of(DATASETS[name]):<12}{DATASETS[name].credit}")
        return
    with DownloadBars() as bars:
        for name in names:
            folder = get_data_set(name, mirrors, bars.show)
            click.echo(f"{name}: {len(DATASETS[name].files)} files in {folder}, as published (sha256)")
