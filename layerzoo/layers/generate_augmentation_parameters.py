"""GenerateAugmentationParameters: coefficients of random changes of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.augmentation_coefficients import (
    COUNT,
    check_generators,
    discount,
    draw_rows,
    generators,
)
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import TRAIN, LayerParameter

_FIELD = "augmentation_param"
_MODES = ("add", "replace", "regenerate")


@register
class GenerateAugmentationParameters(Layer):
    """Draw coefficients for DataAugmentation and FlowAugmentation, and combine them with given ones.

    ``mode: "add"`` adds them to those of the first bottom, so that the second image of a pair differs a
    little from the first; ``replace`` replaces those that are drawn; ``regenerate`` starts anew, as does a
    first bottom of images. Nothing is drawn in TEST unless ``augment_during_test`` is set. A crop that would
    lie outside the image is drawn again, up to 50 times.

    Shapes: bottom (N, 42, 1, 1), or images (N, C, H, W); or three: coefficients, the images (for their size)
    and their crops (for the size of the crop). Top (N, 42, 1, 1). Source:
    ``generate_augmentation_parameters_layer`` of lmb-freiburg/flownet2; Dosovitskiy et al. 2015 (FlowNet).
    """

    family = "vision"
    example = "crop_width: 2 crop_height: 2 bottomwidth: 5 bottomheight: 4"
    messages = (_FIELD, "coeff_schedule_param")
    ignores: ClassVar[Mapping[str, str]] = {
        f"{_FIELD}.write_augmented": "the fork's file for debugging isn't written",
        f"{_FIELD}.write_mean": "the fork doesn't read it",
        f"{_FIELD}.num": "the first bottom gives the number of images",
        f"{_FIELD}.max_multiplier": "only DataAugmentation reads it",
        f"{_FIELD}.recompute_mean": "only DataAugmentation reads it",
        f"{_FIELD}.mean_per_pixel": "only DataAugmentation reads it",
        f"{_FIELD}.mean": "only DataAugmentation reads it",
        f"{_FIELD}.chromatic_eigvec": "only DataAugmentation reads it",
    }
    bottoms = between(1, 3)
    no_gradient = "coefficients are drawn at random"

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        drawn = generators(param.augmentation_param)
        return "GenerateAugmentationParameters is random" if drawn else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape = param.augmentation_param, bottoms[0]
        check_generators(p)
        if p.mode not in _MODES:
            raise LayerFault(f"mode '{p.mode}'; expected one of {', '.join(_MODES)}", field=f"{_FIELD}.mode")
        if len(bottoms) == 2:
            raise LayerFault("2 bottoms; expected 1 or 3", bottom=1)
        for index, each in enumerate(bottoms):
            if len(each) != 4:
                raise LayerFault(f"bottom of shape {each}; expected 4 axes", bottom=index)
        if _mode(param, shape) != "regenerate" and shape[1:] != (COUNT, 1, 1):
            raise LayerFault(
                f"coefficients of shape {shape}; expected (N, {COUNT}, 1, 1), or images", bottom=0
            )
        sizes = _sizes(param, bottoms)
        if min(sizes[2:]) < 1 or min(sizes[:2]) < 1:
            raise LayerFault(
                f"images of {sizes[0]} x {sizes[1]} and crops of {sizes[2]} x {sizes[3]} pixels",
                field=f"{_FIELD}.crop_height",
                hint="set crop_height and crop_width; for coefficients also bottomheight and bottomwidth",
            )
        return [(shape[0], COUNT, 1, 1)]

    @torch.no_grad()
    def forward(self, x: Tensor, images: Tensor | None = None, crops: Tensor | None = None) -> Tensor:
        p = self.param.augmentation_param
        mode = _mode(self.param, tuple(x.shape))
        rows = x.new_zeros(x.shape[0], COUNT) if mode == "regenerate" else x.flatten(1)
        if p.augment_during_test or self.param.phase == TRAIN:
            number = self.clock.on(x.device) if self.clock.number is None else self.clock.number
            spread = discount(self.param.coeff_schedule_param, number.to(x.dtype) + 1)
            given = [tuple(blob.shape) for blob in (x, images, crops) if blob is not None]

            def draw(shape: Sequence[int], what: str) -> Tensor:
                return self.random_uniform(shape, x.device, what)

            how = "add" if mode == "add" else "replace"
            rows = draw_rows(p, spread, rows, how, _sizes(self.param, given), draw).to(x.dtype)
        return rows.reshape(-1, COUNT, 1, 1)


def _mode(param: LayerParameter, shape: Shape) -> str:
    images = len(param.bottom) < 2 and max(shape[2:]) > 1
    return "regenerate" if images else param.augmentation_param.mode


def _sizes(param: LayerParameter, bottoms: Sequence[Shape]) -> tuple[int, int, int, int]:
    """Height and width of the images, then of the crops."""
    p = param.augmentation_param
    if len(bottoms) == 3:
        return (*bottoms[1][2:], *bottoms[2][2:])  # type: ignore[return-value]  # four numbers
    size = bottoms[0][2:] if max(bottoms[0][2:]) > 1 else (p.bottomheight, p.bottomwidth)
    return (size[0], size[1], p.crop_height, p.crop_width)
