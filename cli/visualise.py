"""``layerzoo visualise``: draw what a net has learned, and what it does with an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.net import Net
    from layerzoo.visualise import Figure, Seen
    from layerzoo.zoo import ZooNet

_EXPLAINING: Final = ("saliency", "gradcam", "occlusion")
_OF_IMAGES: Final = ("activations", *_EXPLAINING)
_OF_SETS: Final = ("embeddings", "confusion")
_KINDS: Final = ("filters", *_OF_IMAGES, "maximise", *_OF_SETS)
_BELONGS: Final = {
    "class": _EXPLAINING,
    "window": ("occlusion",),
    "stride": ("occlusion",),
    "unit": ("maximise",),
    "steps": ("maximise",),
    "method": ("embeddings",),
    "samples": ("embeddings",),
    "seed": ("maximise", "embeddings"),
}
"""The kinds that each flag is of."""
_UNITS: Final = 16


def _kinds(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Read the kinds of pictures; a click callback."""
    from layerzoo.errors import did_you_mean, nearest

    kinds = tuple(dict.fromkeys(flags.words(ctx, param, value)))
    for kind in kinds:
        if kind not in _KINDS:
            hint = did_you_mean(nearest(kind, _KINDS)) or f"expected some of {', '.join(_KINDS)}"
            raise click.BadParameter(f"'{kind}' is not a kind of picture; {hint}", ctx, param)
    return kinds


def _numbers(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Read a comma-separated list of numbers; a click callback."""
    if value is None:
        return None
    found = flags.words(ctx, param, value)
    if not found or not all(word.isdecimal() for word in found):
        raise click.BadParameter(f"'{value}' is not a list of numbers from 0, such as 0,3", ctx, param)
    return tuple(map(int, found))


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
    help="Layers to draw. Default: all; for gradcam the last one whose top has several places, for maximise "
    "that of the scores, for embeddings the one before it.",
)
@gflags.flag(
    "class",
    to="wanted",
    metavar="NAME",
    default=None,
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
    "unit",
    to="units",
    metavar="N,...",
    callback=_numbers,
    default=None,
    help=f"Units of a layer that maximise looks at, from 0. Default: the first {_UNITS}.",
)
@gflags.flag(
    "steps",
    metavar="N",
    type=click.IntRange(1, 100_000),
    default=None,
    help="Steps of maximise. Default: 200.",
)
@gflags.flag(
    "method",
    type=click.Choice(["pca", "tsne"]),
    default=None,
    help="How embeddings are computed; tsne is an extra: layerzoo[tsne]. Default: pca.",
)
@gflags.flag(
    "samples",
    metavar="N",
    type=click.IntRange(min=5),
    default=None,
    help="The most samples of embeddings. Default: 1000.",
)
@gflags.flag(
    "seed",
    metavar="N",
    type=click.IntRange(0, 2**32 - 1),
    default=None,
    help="Seed of maximise and of t-SNE. Default: 0.",
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
@gflags.switch(
    "figures",
    to="with_data",
    help="Write figures.json, too: captions, histograms, the points of embeddings and pictures of them.",
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
    wanted: str | None,
    window: int | None,
    stride: int | None,
    units: tuple[int, ...] | None,
    steps: int | None,
    method: str | None,
    samples: int | None,
    seed: int | None,
    most: int,
    out: Path,
    with_data: bool,
    gpu: flags.Gpus,
) -> None:
    """Draw what a net has learned, and what it does with images, as PNGs and one page.

    \b
      layerzoo visualise -zoo lenet-digits
      layerzoo visualise -zoo lenet-digits seven.png -what activations -layer conv1,pool1
      layerzoo visualise -zoo lenet-digits seven.png -what saliency,gradcam,occlusion -class 1
      layerzoo visualise -run pets photo.jpg -out looked
      layerzoo visualise -run pets -what maximise,embeddings,confusion -layer fc

    \b
    filters      weights of layers: a tile for each filter, or a matrix
    activations  the top of each layer for each IMAGE, layer by layer
    saliency     the gradient of a class's score by each pixel of an IMAGE
    gradcam      the places of a layer that speak for a class
    occlusion    how much the answer for a class drops where an IMAGE is covered
    maximise     the image that maximises each unit of a layer, found by gradient ascent
    embeddings   the samples of the test set in the plane, by what a layer computes of them
    confusion    which classes of the test set are taken for which

    An IMAGE is a file, a folder (all images in it), a pattern, or -, which reads an image or a list of paths
    from stdin. index.html holds all pictures with their captions and needs nothing else.
    """
    from layerzoo.cli.deployed import check_one_net, deployed_net
    from layerzoo.cli.tested import tested_net
    from layerzoo.errors import UsageError
    from layerzoo.visualise import write_figures

    kinds = what or ("filters", *(("activations",) if images else ()))
    if needing := [kind for kind in kinds if kind in _OF_IMAGES]:
        if not images:
            raise UsageError(f"-what {','.join(needing)}: IMAGE is required, the image to look at")
    elif images:
        raise UsageError(f"-what {','.join(kinds)} takes no IMAGE; kinds that do: {', '.join(_OF_IMAGES)}")
    values = (wanted, window, stride, units, steps, method, samples, seed)
    for (flag, of), value in zip(_BELONGS.items(), values, strict=True):
        if value is not None and not set(kinds) & set(of):
            raise UsageError(f"-{flag} is of {', '.join(of)}, which -what doesn't name")
    if method == "tsne":
        from layerzoo.visualise import check_tsne

        check_tsne()
    check_one_net(zoo, run, model, weights)
    asked = _Asked(kinds, layers, most, *values)

    def figures() -> Iterator[Figure]:
        if set(kinds) - set(_OF_SETS):
            net = deployed_net(zoo, run, model, weights, overrides, gpu, keep_params=True)
            yield from _of_net(net, images, asked)
        if set(kinds) & set(_OF_SETS):
            tested, names = tested_net(zoo, model, weights, False, overrides, gpu, run)
            yield from _of_set(tested, names, asked)

    made = write_figures(figures(), out, f"{zoo or run or model}: {', '.join(kinds)}", with_data)
    pictures = len(made) - 1
    click.echo(f"{pictures} picture{'s' * (pictures != 1)} -> {made[-1]}")


@dataclass(frozen=True)
class _Asked:
    """What the flags ask for; None is the default."""

    kinds: Sequence[str]
    layers: Sequence[str]
    most: int
    wanted: str | None
    window: int | None
    stride: int | None
    units: Sequence[int] | None
    steps: int | None
    method: str | None
    samples: int | None
    seed: int | None


def _of_net(net: ZooNet, images: Sequence[str], asked: _Asked) -> Iterator[Figure]:
    """The figures of a net and of images, image by image."""
    from layerzoo.visualise import (
        activation_figures,
        class_score,
        filter_figures,
        grad_cam_figures,
        occlusion_figure,
        saliency_figure,
    )

    kinds, layers = asked.kinds, asked.layers
    if "filters" in kinds:
        rgb = net.preprocessing is not None and net.preprocessing.order == "RGB"
        yield from filter_figures(net.net, layers, rgb=rgb, most=asked.most)
    if "maximise" in kinds:
        yield from _maximised(net, asked)
    for image in _seen(net, images):
        if "activations" in kinds:
            yield from activation_figures(
                net.net, image.batch, image.name, layers, labels=net.labels, most=asked.most
            )
        if not set(kinds) & set(_EXPLAINING):
            continue
        target = class_score(net.net, image.batch, net.prediction, net.labels, asked.wanted or "")
        if "saliency" in kinds:
            yield saliency_figure(net.net, image, target)
        if "gradcam" in kinds:
            yield from grad_cam_figures(net.net, image, target, layers)
        if "occlusion" in kinds:
            yield occlusion_figure(net.net, image, target, asked.window or 0, asked.stride or 0)


def _of_set(net: Net, names: Sequence[str], asked: _Asked) -> Iterator[Figure]:
    """The figures of the test set."""
    from layerzoo.visualise import confusion_figure, embedding_figure

    for layer in asked.layers or [""] if "embeddings" in asked.kinds else ():
        yield embedding_figure(
            net,
            names,
            layer,
            by_tsne=asked.method == "tsne",
            most=asked.samples or 1000,
            seed=asked.seed or 0,
        )
    if "confusion" in asked.kinds:
        yield confusion_figure(net, names)


def _maximised(net: ZooNet, asked: _Asked) -> Iterator[Figure]:
    """The images that maximise units of layers, of pixels that an image can have."""
    import numpy as np
    import torch

    from layerzoo.errors import UsageError
    from layerzoo.visualise import Ascent, maximise_figure, scores_layer, unit_count

    how = net.preprocessing
    if how is None:
        raise UsageError(f"-what maximise: {net.name} takes no images, so there is none to find")
    blank = np.zeros((how.channels, *how.size), np.uint8)
    dark, bright = (torch.from_numpy(how([blank + level])[0]).to(net.net.device) for level in (0, 255))
    ascent = Ascent(steps=asked.steps or Ascent.steps, seed=asked.seed or 0)
    names = [] if asked.layers else net.labels
    for layer in asked.layers or [scores_layer(net.net, net.prediction)]:
        units = asked.units or range(min(_UNITS, unit_count(net.net, layer) or 1))
        yield maximise_figure(net.net, layer, units, (dark, bright), how.pixels, names, ascent)


def _seen(net: ZooNet, images: Sequence[str]) -> Iterator[Seen]:
    """The images that the arguments name, preprocessed, and as pictures of what the net sees."""
    from layerzoo.cli.images import images_named, picture_name
    from layerzoo.visualise import Seen

    taken: set[str] = set()
    for image in images_named(images):
        batch = net.prepare([image])
        assert net.preprocessing is not None  # prepare has checked it
        pixels = net.preprocessing.pixels(batch.float().cpu().numpy())[0]
        yield Seen(picture_name(image, taken), batch, pixels)
