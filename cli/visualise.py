"""``layerzoo visualise``: draw what a net has learned, and what it does with an image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.visualise import Figure, Seen
    from layerzoo.zoo import ZooNet

_EXPLAINING: Final = ("saliency", "gradcam", "occlusion")
_OF_IMAGES: Final = ("activations", *_EXPLAINING)
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
    help="Layers to draw. Default: all; for gradcam the last one whose top has several places.",
)
@gflags.flag(
    "class",
    to="wanted",
    metavar="NAME",
    default="",
    help="The class to explain (saliency, gradcam, occlusion): label or index. Default: the predicted one.",
)
@gflags.flag(
    "window",
    metavar="PIXELS",
    type=click.IntRange(min=1),
    default=None,
    help="Side of the window that occlusion covers. Default: a quarter of the shorter side.",
)
@gflags.flag(
    "stride",
    metavar="PIXELS",
    type=click.IntRange(min=1),
    default=None,
    help="Pixels from one window of occlusion to the next. Default: half a window.",
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
    wanted: str,
    window: int | None,
    stride: int | None,
    most: int,
    out: Path,
    gpu: flags.Gpus,
) -> None:
    """Draw what a net has learned, and what it does with images, as PNGs and one page.

    \b
      layerzoo visualise -zoo lenet-digits
      layerzoo visualise -zoo lenet-digits seven.png -what activations -layer conv1,pool1
      layerzoo visualise -zoo lenet-digits seven.png -what saliency,gradcam,occlusion -class 1
      layerzoo visualise -run pets photo.jpg -out looked

    \b
    filters      weights of layers: a tile for each filter, or a matrix
    activations  the top of each layer for each IMAGE, layer by layer
    saliency     the gradient of a class's score by each pixel of an IMAGE
    gradcam      the places of a layer that speak for a class
    occlusion    how much the answer for a class drops where an IMAGE is covered

    An IMAGE is a file, a folder (all images in it), a pattern, or -, which reads an image or a list of paths
    from stdin. index.html holds all pictures with their captions and needs nothing else.
    """
    from layerzoo.cli.deployed import deployed_net
    from layerzoo.errors import UsageError
    from layerzoo.visualise import (
        activation_figures,
        class_score,
        filter_figures,
        grad_cam_figures,
        occlusion_figure,
        saliency_figure,
        write_figures,
    )

    kinds = what or ("filters", *(("activations",) if images else ()))
    if needing := [kind for kind in kinds if kind in _OF_IMAGES]:
        if not images:
            raise UsageError(f"-what {','.join(needing)}: IMAGE is required, the image to look at")
    elif images:
        raise UsageError(f"-what {','.join(kinds)} takes no IMAGE; kinds that do: {', '.join(_OF_IMAGES)}")
    for flag, value, kind in (("window", window, "occlusion"), ("stride", stride, "occlusion")):
        if value is not None and kind not in kinds:
            raise UsageError(f"-{flag} is of {kind}, which -what doesn't name")
    if wanted and not set(kinds) & set(_EXPLAINING):
        raise UsageError(f"-class is of {', '.join(_EXPLAINING)}, which -what doesn't name")
    net = deployed_net(zoo, run, model, weights, overrides, gpu, keep_params=True)

    def figures() -> Iterator[Figure]:
        if "filters" in kinds:
            rgb = net.preprocessing is not None and net.preprocessing.order == "RGB"
            yield from filter_figures(net.net, layers, rgb=rgb, most=most)
        for image in _seen(net, images):
            if "activations" in kinds:
                yield from activation_figures(
                    net.net, image.batch, image.name, layers, labels=net.labels, most=most
                )
            if not set(kinds) & set(_EXPLAINING):
                continue
            target = class_score(net.net, image.batch, net.prediction, net.labels, wanted)
            if "saliency" in kinds:
                yield saliency_figure(net.net, image, target)
            if "gradcam" in kinds:
                yield from grad_cam_figures(net.net, image, target, layers)
            if "occlusion" in kinds:
                yield occlusion_figure(net.net, image, target, window or 0, stride or 0)

    made = write_figures(figures(), out, f"{net.name}: {', '.join(kinds)}")
    pictures = len(made) - 1
    click.echo(f"{pictures} picture{'s' * (pictures != 1)} -> {made[-1]}")


def _seen(net: ZooNet, images: tuple[str, ...]) -> Iterator[Seen]:
    """The images that the arguments name, preprocessed, and as pictures of what the net sees."""
    from layerzoo.cli.images import images_named, picture_name
    from layerzoo.visualise import Seen

    taken: set[str] = set()
    for image in images_named(images):
        batch = net.prepare([image])
        assert net.preprocessing is not None  # prepare has checked it
        pixels = net.preprocessing.pixels(batch.float().cpu().numpy())[0]
        yield Seen(picture_name(image, taken), batch, pixels)
