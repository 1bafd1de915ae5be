"""``layerzoo convert_imageset``: pack images into a database."""

from __future__ import annotations

import click

from layerzoo.cli import gflags


@gflags.command("Data")
@click.argument("root", metavar="ROOTFOLDER/")
@click.argument("listing", metavar="LISTFILE")
@click.argument("target", metavar="DB_NAME")
@gflags.switch("gray", help="Convert images to greyscale.")
@gflags.switch("shuffle", help="Pack images in random order.")
@gflags.flag("seed", metavar="N", type=int, help="Seed of the random order; default: a new one each time.")
@gflags.flag("backend", metavar="KIND", default="lmdb", show_default=True, help="lmdb or leveldb.")
@gflags.flag("resize_width", metavar="N", type=click.IntRange(min=0), default=0, help="Resize to this width.")
@gflags.flag(
    "resize_height", metavar="N", type=click.IntRange(min=0), default=0, help="Resize to this height."
)
@gflags.switch("check_size", help="Fail if images have different sizes.")
@gflags.switch("encoded", help="Store encoded images: smaller on disk, slower to read.")
@gflags.flag("encode_type", metavar="KIND", default="", help="Format to encode images in: png, jpg ….")
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
    """Pack the images of a list into a database, for Data layers.

    Each line of LISTFILE is a file name, relative to ROOTFOLDER/, and a label.

    \b
      layerzoo convert_imageset -resize_height 256 -resize_width 256 \\
        -shuffle images/ train.txt train_lmdb
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
