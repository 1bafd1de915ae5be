"""``layerzoo visualise``: draw what a net has learned, and what it does with an image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.visualise import Figure
    from layerzoo.zoo import ZooNet

_OF_IMAGES: Final = ("activations",)
_KINDS: Final = ("filters", *_OF_IMAGES)


def _kinds(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Read the kinds of pictures; a click callback."""
    from layerzoo.errors import did_you_mean, nearest

    kinds = tuple(dict.fromkeys(flags.words(ctx, param, value)))
    for kind in kinds:
        if kind not in _KINDS:
            hint = did_you_mean(nearest(kind, _KINDS)) or f"expected some of {', '.join(_KINDS)}"
            raise click.BadParameter(f"'{kind}' is not a kind of picture; {hint}", ctx, param)
    return kinds


@gflags.command("Zoo")
@click.argument("images", nargs=-1, metavar="[IMAGE...]")
@flags.deployed
@gflags.flag(
    "what",
    metavar="KIND,...",
    callback=_kinds,
    default="",
    help=f"What to draw: {', '.join(_KINDS)}. Default: filters, and with an IMAGE its activations.",
)
@gflags.flag(
    "layer",
    to="layers",
    metavar="NAME,...",
    callback=flags.words,
    default="",
    help="Layers to draw. Default: all.",
)
@gflags.flag(
    "most",
    metavar="N",
    type=click.IntRange(1, 4096),
    default=64,
    show_default=True,
    help="The most filters or channels of a layer in a picture.",
)
@gflags.flag(
    "out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path("visualised"),
    show_default=True,
    help="Where the PNGs and index.html are written.",
)
@flags.gpu
@flags.threads
@flags.allow_python
def command(
    images: tuple[str, ...],
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: tuple[str, ...],
    overrides: tuple[str, ...],
    what: tuple[str, ...],
    layers: tuple[str, ...],
    most: int,
    out: Path,
    gpu: flags.Gpus,
) -> None:
    """Draw what a net has learned, and what it does with images, as PNGs and one page.

    \b
      layerzoo visualise -zoo lenet-digits
      layerzoo visualise -zoo lenet-digits seven.png -what activations -layer conv1,pool1
      layerzoo visualise -run pets photo.jpg -out looked

    \b
    filters      weights of layers: a tile for each filter, or a matrix
    activations  the top of each layer for each IMAGE, layer by layer

    An IMAGE is a file, a folder (all images in it), a pattern, or -, which reads an image or a list of paths
    from stdin. index.html holds all pictures with their captions and needs nothing else.
    """
    from layerzoo.cli.deployed import deployed_net
    from layerzoo.errors import UsageError
    from layerzoo.visualise import write_figures

    kinds = what or ("filters", *(("activations",) if images else ()))
    if needing := [kind for kind in kinds if kind in _OF_IMAGES]:
        if not images:
            raise UsageError(f"-what {','.join(needing)}: IMAGE is required, the image to look at")
    elif images:
        raise UsageError(f"-what {','.join(kinds)} takes no IMAGE; kinds that do: {', '.join(_OF_IMAGES)}")
    net = deployed_net(zoo, run, model, weights, overrides, gpu, keep_params=True)
    figures = _figures(net, images, kinds, layers, most)
    made = write_figures(figures, out, f"{net.name}: {', '.join(kinds)}")
    pictures = len(made) - 1
    click.echo(f"{pictures} picture{'s' * (pictures != 1)} -> {made[-1]}")


def _figures(
    net: ZooNet, images: tuple[str, ...], kinds: tuple[str, ...], layers: tuple[str, ...], most: int
) -> Iterator[Figure]:
    """The figures of all kinds, in the order of ``-what``, those of images image by image."""
    from layerzoo.cli.images import images_named, picture_name
    from layerzoo.visualise import activation_figures, filter_figures

    if "filters" in kinds:
        rgb = net.preprocessing is not None and net.preprocessing.order == "RGB"
        yield from filter_figures(net.net, layers, rgb=rgb, most=most)
    taken: set[str] = set()
    for image in images_named(images) if images else ():
        name = picture_name(image, taken)
        prepared = net.prepare([image])
        for kind in kinds:
            if kind == "activations":
                yield from activation_figures(net.net, prepared, name, layers, labels=net.labels, most=most)
