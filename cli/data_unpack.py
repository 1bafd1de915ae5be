"""``layerzoo data unpack``: unpack an archive of data."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import gflags


@click.command("unpack", cls=gflags.Command)
@click.argument("archive", metavar="ARCHIVE", type=click.Path(path_type=Path))
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@gflags.flag(
    "max_files",
    metavar="N",
    type=click.IntRange(min=1),
    default=2_000_000,
    show_default=True,
    help="The most files.",
)
@gflags.flag(
    "max_gb",
    metavar="N",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="The most GB of all files together.",
)
@gflags.switch("remove", help="Delete the archive when all is unpacked.")
def subcommand(archive: Path, folder: Path, max_files: int, max_gb: int, remove: bool) -> None:
    """Unpack a zip or tar archive of data that may come from a stranger.

    Links, special and hidden files are left out; nothing is written outside of FOLDER, and no file can be
    executed. Number, size and depth are bounded. FOLDER must not exist; it appears when it is complete.

    \b
      layerzoo data unpack photos.zip photos
    """
    from layerzoo.tools.unpack import Limits, unpack

    done = unpack(archive, folder, Limits(files=max_files, bytes=max_gb * 10**9))
    if remove:
        archive.unlink(missing_ok=True)
    click.echo(f"{folder}: {done.files:,} files, {done.bytes:,} bytes")
    for reason, count in done.left_out.items():
        click.echo(f"left out: {count:,} {reason}")
