"""``layerzoo convert_imageset``: images into a database."""

from __future__ import annotations

import click

from layerzoo.cli import gflags


@gflags.command("Data")
@click.argument("root", metavar="ROOTFOLDER/")
@click.argument("listing", metavar="LISTFILE")
@click.argument("target", metavar="DB_NAME")
@gflags.switch("gray", help="Read images in grey.")
@gflags.switch("shuffle", help="Pack them in random order.")
@gflags.flag("seed", metavar="N", type=int, help="Of that order; without it another each time.")
@gflags.flag("backend", metavar="KIND", default="lmdb", show_default=True, help="lmdb or leveldb.")
@gflags.flag("resize_width", metavar="N", type=click.IntRange(min=0), default=0, help="Resize them, pixels.")
@gflags.flag("resize_height", metavar="N", type=click.IntRange(min=0), default=0, help="Resize them, pixels.")
@gflags.switch("check_size", help="Refuse images of different sizes.")
@gflags.switch("encoded", help="Keep them encoded, which is smaller on disk and slower to read.")
@gflags.flag("encode_type", metavar="KIND", default="", help="Encode them as png, jpg ….")
def command(
    root: str,
    listing: str,
    target: str,
    gray: bool,
    shuffle: bool,
    seed: int | None,
    backend: str,
    resize_width: int,
    resize_height: int,
    check_size: bool,
    encoded: bool,
    encode_type: str,
) -> None:
    """Pack the images that a list names into a database, for Data layers.

    Each line of LISTFILE is a file's name, before which ROOTFOLDER/ stands, and a label.

    \b
      layerzoo convert_imageset -resize_height 256 -resize_width 256 -shuffle images/ train.txt train_lmdb
    """
    from layerzoo.tools.convert_imageset import Packing, convert_imageset

    packing = Packing(gray, resize_height, resize_width, encoded, encode_type.lower())
    count = convert_imageset(
        root,
        listing,
        target,
        packing,
        shuffle=shuffle,
        seed=seed,
        backend=backend,
        check_size=check_size,
    )
    click.echo(f"wrote {target}: {count} images")
