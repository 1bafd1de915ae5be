"""``layerzoo segment``: find the class of each pixel of images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.zoo.regions import Segmentation


@gflags.command("Zoo")
@click.argument("images", nargs=-1, metavar="IMAGE...")
@flags.deployed
@gflags.flag(
    "out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Write NAME.png, the image in the colours of its classes, and NAME-mask.png, the class indices.",
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
    out: Path | None,
    form: str,
    batch_size: int,
    gpu: flags.Gpus,
) -> int | None:
    """Find the class of each pixel of images.

    \b
      layerzoo segment -zoo unet-shapes photo.png -out found
      layerzoo segment -run snapshots/unet.run photo.png
      layerzoo segment -zoo unet-shapes photos/ -format csv > shares.csv

    An IMAGE is a file, a folder (all images in it), a pattern, or -, which reads an image or a list of paths
    from stdin. What is printed is the share of each class in the image. Images that can't be read are
    reported and skipped; the exit code is then 4.
    """
    from layerzoo.cli.deployed import deployed_net
    from layerzoo.cli.images import image_name, images_named, picture_name
    from layerzoo.cli.nets import required
    from layerzoo.data.picture import open_picture
    from layerzoo.errors import DataError
    from layerzoo.evaluation.overlays import mask_picture, with_mask
    from layerzoo.zoo.regions import segment_each

    net = deployed_net(zoo, run, model, weights, overrides, gpu)
    failed, taken = False, set[str]()
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    if form == "csv":
        click.echo("image,label,index,share")
    for image, found in segment_each(net, images_named(required("images", images)), batch_size):
        if isinstance(found, DataError):
            failed = True
            click.echo(str(found), err=True)
            continue
        for line in _FORMS[form](image_name(image), found):
            click.echo(line)
        if out is not None:
            name = picture_name(image, taken)
            with_mask(open_picture(image), found.mask, found.labels).save(out / f"{name}.png")
            mask_picture(found.mask).save(out / f"{name}-mask.png")
    return DataError.exit_code if failed else None


def _shares(found: Segmentation) -> list[tuple[str, int, float]]:
    """Label, index and share of each class, the largest first."""
    shares = [(label, index, float((found.mask == index).mean())) for index, label in found.labels.items()]
    return sorted(shares, key=lambda share: -share[2])


def _table(name: str, found: Segmentation) -> list[str]:
    return [name, *(f"  {100 * share:6.2f} %  {label}" for label, _, share in _shares(found))]


def _csv(name: str, found: Segmentation) -> list[str]:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for label, index, share in _shares(found):
        writer.writerow([name, label, index, f"{share:.6g}"])
    return text.getvalue().splitlines()


def _json(name: str, found: Segmentation) -> list[str]:
    classes = [{"label": label, "index": index, "share": share} for label, index, share in _shares(found)]
    return [json.dumps({"image": name, "classes": classes}, ensure_ascii=False)]


_FORMS = {"table": _table, "csv": _csv, "json": _json}
