"""``layerzoo detect``: find objects in images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.zoo.regions import Detection


@gflags.command("Zoo")
@click.argument("images", nargs=-1, metavar="IMAGE...")
@flags.deployed
@gflags.flag(
    "threshold",
    metavar="SCORE",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="The least score of an object.",
)
@gflags.flag(
    "out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Write each image with the boxes of its objects to this folder.",
)
@flags.form
@flags.batch_size(16, "images")
@flags.gpu
@flags.allow_python
def command(
    images: tuple[str, ...],
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: tuple[str, ...],
    overrides: tuple[str, ...],
    threshold: float,
    out: Path | None,
    form: str,
    batch_size: int,
    gpu: flags.Gpus,
) -> int | None:
    """Find objects in images with a detector, and draw their boxes.

    \b
      layerzoo detect -zoo ssd-shapes photo.png -out found
      layerzoo detect -run snapshots/ssd.run photo.png
      layerzoo detect -zoo ssd-shapes photos/ -format csv -threshold 0.3 > objects.csv

    An IMAGE is a file, a folder (all images in it), a pattern, or -, which reads an image or a list of paths
    from stdin. Boxes are in pixels of the image. Images that can't be read are reported and skipped; the exit
    code is then 4.
    """
    from layerzoo.cli.deployed import deployed_net
    from layerzoo.cli.images import image_name, images_named, picture_name
    from layerzoo.cli.nets import required
    from layerzoo.data.picture import open_picture
    from layerzoo.errors import DataError
    from layerzoo.evaluation.overlays import Box, with_boxes
    from layerzoo.zoo.regions import detect_each

    net = deployed_net(zoo, run, model, weights, overrides, gpu)
    failed, taken = False, set[str]()
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    if form == "csv":
        click.echo("image,label,index,score,left,top,right,bottom")
    for image, found in detect_each(net, images_named(required("images", images)), threshold, batch_size):
        if isinstance(found, DataError):
            failed = True
            click.echo(str(found), err=True)
            continue
        picture = open_picture(image)
        for line in _FORMS[form](image_name(image), found, picture.size):
            click.echo(line)
        if out is not None:
            boxes = [
                Box(f"{one.label} {one.score:.2f}", one.index, one.left, one.top, one.right, one.bottom)
                for one in found
            ]
            with_boxes(picture, boxes).save(out / f"{picture_name(image, taken)}.png")
    return DataError.exit_code if failed else None


def _pixels(one: Detection, size: tuple[int, int]) -> list[float]:
    """Left, top, right and bottom in pixels, to a tenth."""
    sides = (one.left * size[0], one.top * size[1], one.right * size[0], one.bottom * size[1])
    return [round(side, 1) for side in sides]


def _table(name: str, found: Sequence[Detection], size: tuple[int, int]) -> list[str]:
    lines = [
        f"  {one.score:8.4f}  {one.label}  {' '.join(f'{side:g}' for side in _pixels(one, size))}"
        for one in found
    ]
    return [name, *(lines or ["  nothing"])]


def _csv(name: str, found: Sequence[Detection], size: tuple[int, int]) -> list[str]:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for one in found:
        writer.writerow([name, one.label, one.index, f"{one.score:.6g}", *_pixels(one, size)])
    return text.getvalue().splitlines()


def _json(name: str, found: Sequence[Detection], size: tuple[int, int]) -> list[str]:
    objects = [
        {"label": one.label, "index": one.index, "score": one.score, "box": _pixels(one, size)}
        for one in found
    ]
    return [json.dumps({"image": name, "objects": objects}, ensure_ascii=False)]


_FORMS = {"table": _table, "csv": _csv, "json": _json}
