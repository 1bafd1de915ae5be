"""Figures of what the score of a class depends on: saliency, Grad-CAM, occlusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from layerzoo.net import Net
from layerzoo.visualise.class_score import ClassScore
from layerzoo.visualise.colours import Pixels, coloured, heat_over
from layerzoo.visualise.grad_cam import grad_cam, last_layer_with_places, resized
from layerzoo.visualise.occlusion import occlusion
from layerzoo.visualise.page import Figure
from layerzoo.visualise.saliency import saliency
from layerzoo.visualise.tiles import beside, enlarged


@dataclass(frozen=True)
class Seen:
    """An image as a net sees it.

    Attributes:
        name: what captions call it.
        batch: the preprocessed image: 1 x channels x height x width.
        pixels: the same as a picture: height x width x 1 or 3, RGB.
    """

    name: str
    batch: Tensor
    pixels: Pixels


def saliency_figure(net: Net, image: Seen, target: ClassScore) -> Figure:
    """The image beside its saliency.

    Raises:
        UsageError: the score has no gradient by the image.
    """
    heat = saliency(net, image.batch, target)
    found = heat.cpu().numpy()
    text = (
        f"saliency: magnitude of the gradient of the score by each pixel, at most {found.max():.4g} (white)"
    )
    return _figure("saliency", image, target, coloured(found), text)


def grad_cam_figures(net: Net, image: Seen, target: ClassScore, layers: Sequence[str] = ()) -> list[Figure]:
    """The image beside the Grad-CAM of each layer; by default of the last one with several places.

    Raises:
        UsageError: a layer is unknown, has no places, or the score doesn't depend on it.
    """
    figures = []
    for layer in layers or [last_layer_with_places(net, target)]:
        heat = grad_cam(net, image.batch, target, layer)
        large = resized(heat, *image.pixels.shape[:2]).cpu().numpy()
        size = " x ".join(map(str, heat.shape))
        text = f"Grad-CAM of {layer} ({size}): bright where the layer speaks for the class"
        if not large.any():
            text = f"Grad-CAM of {layer} ({size}): 0 everywhere, nothing there speaks for the class"
        figures.append(_figure(f"gradcam-{layer}", image, target, heat_over(image.pixels, large), text))
    return figures


def occlusion_figure(net: Net, image: Seen, target: ClassScore, window: int = 0, stride: int = 0) -> Figure:
    """The image beside the map of its occlusion.

    Raises:
        UsageError: the window or the stride is too large.
    """
    found = occlusion(net, image.batch, target, window, stride).numpy()
    text = (
        f"occlusion: how much the answer drops where the image is covered (red), {found.min():.4g} to "
        f"{found.max():.4g}; it rises where the map is blue"
    )
    return _figure("occlusion", image, target, coloured(found, signed=True), text)


def _figure(kind: str, image: Seen, target: ClassScore, drawn: Pixels, text: str) -> Figure:
    base = np.repeat(image.pixels, 3, -1) if image.pixels.shape[-1] == 1 else image.pixels
    caption = f"class {target.name} ({target.answer:.4g}), {text}"
    picture = beside([enlarged(base), enlarged(drawn)])
    section = f"What the class {target.name} of {image.name} depends on"
    return Figure(section, f"{kind}-{image.name}-{target.name}", caption, picture)
