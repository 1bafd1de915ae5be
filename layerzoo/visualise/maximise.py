"""Images that maximise units: gradient ascent from noise, with jitter and a fading blur."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import conv2d, pad

from layerzoo.errors import UsageError
from layerzoo.net import Net
from layerzoo.visualise.blob_values import layer_named, top_of, values_of
from layerzoo.visualise.colours import Pixels
from layerzoo.visualise.page import Figure
from layerzoo.visualise.tiles import named_grid

_BATCH = 16
_NOISE = 0.1
"""Standard deviation of the first image, as a share of the range of pixels."""
_LEAST_BLUR = 0.1


@dataclass(frozen=True)
class Ascent:
    """How an image is changed.

    Attributes:
        steps: number of steps.
        rate: root mean square of a step, as a share of the range of pixels.
        jitter: the most pixels by which the image is rolled at a step, along each axis.
        blur: standard deviation of the blur after the first step, in pixels; it fades to 0 at the last one.
        seed: seed of the first image and of the jitter.
    """

    steps: int = 200
    rate: float = 0.02
    jitter: int = 2
    blur: float = 0.6
    seed: int = 0


@dataclass(frozen=True)
class Maximised:
    """An image that maximises a unit.

    Attributes:
        unit: number of the unit: index along the second axis of the layer's top.
        image: channels x height x width, as the net takes it.
        before, after: mean value of the unit, over its places, for the first image and for this one.
    """

    unit: int
    image: Tensor
    before: float
    after: float


def maximise(
    net: Net,
    layer: str,
    units: Sequence[int],
    pixels: tuple[Tensor, Tensor],
    ascent: Ascent | None = None,
) -> Iterator[Maximised]:
    """Find an image for each unit that makes its mean value large.

    The images of several units are computed together, each as if it were alone.

    Args:
        net: a net with one input.
        layer: name of a layer whose top is (images, units, …).
        units: numbers of units.
        pixels: the lowest and the highest value of each pixel: channels x height x width each.
        ascent: how the image is changed.

    Raises:
        UsageError: the layer is unknown, has no such units, or they have no gradient by the image.
    """
    how, index = ascent or Ascent(), top_of(net, layer).index
    low, high = torch.minimum(*pixels), torch.maximum(*pixels)
    _check_units(net, layer, index, units, low)
    for start in range(0, len(units), _BATCH):
        some = list(units[start : start + _BATCH])
        images, values = _climb(net, index, some, low, high, how)
        if images is None:
            raise UsageError(f"layer '{layer}' of net '{net.name}' has no gradient by the image")
        for place, unit in enumerate(some):
            yield Maximised(unit, images[place], values[0][place], values[1][place])


def maximise_figure(
    net: Net,
    layer: str,
    units: Sequence[int],
    pixels: tuple[Tensor, Tensor],
    picture_of: Callable[[NDArray[np.float32]], Pixels],
    names: Sequence[str] = (),
    ascent: Ascent | None = None,
) -> Figure:
    """The images that maximise units of a layer.

    Args:
        net, layer, units, pixels, ascent: see `maximise`.
        picture_of: the pictures of images as the net takes them: count x height x width x 1 or 3, RGB.
        names: names of the units, if the layer has one for each class.

    Raises:
        UsageError: see `maximise`.
    """
    found = list(maximise(net, layer, units, pixels, ascent))
    drawn = picture_of(np.stack([each.image.float().cpu().numpy() for each in found]))
    tiles = drawn.repeat(3, -1) if drawn.shape[-1] == 1 else drawn
    named = len(names) == unit_count(net, layer)
    title = [
        f"{names[each.unit] if named else each.unit}: {each.before:.3g} -> {each.after:.3g}" for each in found
    ]
    kind = layer_named(net, layer).param.type
    caption = f"{layer} ({kind}): the image that maximises each unit, with its value before and after"
    if still := [str(each.unit) for each in found if each.after <= each.before]:
        caption += f"; no image raises unit {', '.join(still)}"
    return Figure("What maximises units", f"maximise-{layer}", caption, named_grid(tiles, title))


def unit_count(net: Net, layer: str) -> int:
    """The number of units of a layer; 0 if its top has no second axis, or an unknown shape.

    Raises:
        UsageError: the layer is unknown or has no top.
    """
    shape = top_of(net, layer).shape
    return shape[1] if shape is not None and len(shape) > 1 else 0


def blurred(images: Tensor, deviation: float) -> Tensor:
    """Images under a Gaussian blur, whose border pixels are repeated outside."""
    radius = ceil(3 * deviation)
    away = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    kernel = torch.exp(-(away**2) / (2 * deviation**2))
    kernel = (kernel / kernel.sum()).expand(images.shape[1], 1, -1)
    wide = pad(images, (radius, radius, radius, radius), mode="replicate")
    along = conv2d(wide, kernel[:, :, None, :], groups=images.shape[1])
    return conv2d(along, kernel[:, :, :, None], groups=images.shape[1])


def _climb(
    net: Net, index: int, units: Sequence[int], low: Tensor, high: Tensor, how: Ascent
) -> tuple[Tensor | None, tuple[list[float], list[float]]]:
    """The images of some units, and their values before and after; no images if there is no gradient."""
    generator = torch.Generator().manual_seed(how.seed)
    span = high - low
    noise = torch.randn(low.shape, generator=generator).to(low)
    first = ((low + high) / 2 + _NOISE * span * noise).clamp(low, high)
    images = first.expand(len(units), *low.shape).clone()
    before = _values(net, index, units, images).tolist()
    for step in range(how.steps):
        shift = torch.randint(-how.jitter, how.jitter + 1, (2,), generator=generator).tolist()
        given = images.roll(shift, (2, 3)).requires_grad_()
        with torch.enable_grad():
            total = _values(net, index, units, given, grad=True).sum()
            if not total.requires_grad:
                return None, ([], [])
            (gradient,) = torch.autograd.grad(total, given)
        gradient = gradient.roll([-shift[0], -shift[1]], (2, 3))
        size = gradient.square().mean((1, 2, 3), keepdim=True).sqrt()
        images = images + how.rate * span * gradient / size.clamp(min=torch.finfo(size.dtype).tiny)
        deviation = how.blur * (1 - (step + 1) / how.steps)
        if deviation >= _LEAST_BLUR:
            images = blurred(images, deviation)
        images = images.clamp(low, high)
    return images, (before, _values(net, index, units, images).tolist())


def _values(net: Net, index: int, units: Sequence[int], images: Tensor, grad: bool = False) -> Tensor:
    """The mean value of a unit for the image of each."""
    with torch.set_grad_enabled(grad):
        values = values_of(net, images, {index})[index]
        return torch.stack([values[place, unit].mean() for place, unit in enumerate(units)])


def _check_units(net: Net, layer: str, index: int, units: Sequence[int], low: Tensor) -> None:
    with torch.no_grad():
        shape = tuple(values_of(net, low[None], {index})[index].shape)
    if len(shape) < 2 or shape[0] != 1:
        raise UsageError(
            f"layer '{layer}' of net '{net.name}' has a top of shape {shape}; expected (images, units, …)"
        )
    for unit in units:
        if not 0 <= unit < shape[1]:
            raise UsageError(
                f"layer '{layer}' of net '{net.name}' has no unit {unit}; its units are 0 to {shape[1] - 1}"
            )
