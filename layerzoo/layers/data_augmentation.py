"""DataAugmentation: crops of images, changed at random, minus a mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import pi
from typing import ClassVar

import torch
from torch import Tensor, nn

from layerzoo.errors import LayerFault
from layerzoo.functional.augmentation import coloured, crops, settled
from layerzoo.functional.augmentation_coefficients import (
    COUNT,
    check_generators,
    discount,
    draw_rows,
    generators,
)
from layerzoo.functional.transforms import store
from layerzoo.layer import Layer, OwnParam, Shape, between, register
from layerzoo.schema import TRAIN, LayerParameter

_FIELD = "augmentation_param"
_COLOUR = ("ladd", "col", "sat", "lmult")


@register
class DataAugmentation(Layer):
    """Crop images, transform them and their colours at random, and subtract a mean.

    With ``crop_width`` and ``crop_height`` the coefficients of the changes are those of a second bottom, or
    drawn in TRAIN or with ``augment_during_test``; without, only the mean is subtracted. With
    ``recompute_mean`` it is that of the first so many passes, per pixel or (``mean_per_pixel: false``) per
    channel, kept in the blobs ``mean`` and ``channel_mean``; the blob ``number`` counts passes. Otherwise
    the field ``mean`` gives it.

    Shapes: bottom (N, C, H, W), optionally coefficients (N, 42, 1, 1); top (N, C, H', W'), optionally the
    coefficients; ``number`` (1, 1, 1, 1), ``mean`` (1, C, H', W'), ``channel_mean`` (1, C, 1, 1). Source:
    ``data_augmentation_layer`` of lmb-freiburg/flownet2; Dosovitskiy et al. 2015 (FlowNet).
    """

    family = "vision"
    fixed_buffers = ("given", "vectors")
    example = "recompute_mean: 10 mean_per_pixel: false"
    messages = (_FIELD, "coeff_schedule_param")
    ignores: ClassVar[Mapping[str, str]] = {
        f"{_FIELD}.write_augmented": "the fork's file for debugging isn't written",
        f"{_FIELD}.write_mean": "the fork doesn't read it",
        f"{_FIELD}.mode": "only GenerateAugmentationParameters reads it",
        f"{_FIELD}.bottomwidth": "only GenerateAugmentationParameters reads it",
        f"{_FIELD}.bottomheight": "only GenerateAugmentationParameters reads it",
        f"{_FIELD}.num": "only GenerateAugmentationParameters reads it",
    }
    bottoms = between(1, 2)
    tops = between(1, 2)
    param_names = ("number", "mean", "channel_mean")
    no_gradient = "the fork has no backward pass: it is for images"
    number: nn.Parameter
    mean: nn.Parameter | None
    channel_mean: nn.Parameter | None
    given: Tensor | None
    vectors: Tensor | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.augmentation_param
        given = torch.tensor(p.mean).reshape(-1, 1, 1) if len(p.mean) == 3 and not p.mean_per_pixel else None
        vectors = torch.tensor(p.chromatic_eigvec).reshape(3, 3) if len(p.chromatic_eigvec) == 9 else None
        self.register_buffer("given", given, persistent=False)
        self.register_buffer("vectors", vectors, persistent=False)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        p = param.augmentation_param
        drawn = (
            p.HasField("crop_width")
            and p.HasField("crop_height")
            and (generators(p) or len(param.bottom) > 1)
        )
        return "DataAugmentation is random" if drawn else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape = param.augmentation_param, bottoms[0]
        if len(shape) != 4:
            raise LayerFault(f"bottom of shape {shape}; expected (N, C, H, W)", bottom=0)
        check_generators(p)
        size = cls._size(param, shape)
        if len(bottoms) > 1 and bottoms[1] != (shape[0], COUNT, 1, 1):
            raise LayerFault(
                f"coefficients of shape {bottoms[1]}; expected ({shape[0]}, {COUNT}, 1, 1)", bottom=1
            )
        if size != shape[2:] and (min(size) < 2 or size[0] > shape[2] or size[1] > shape[3]):
            raise LayerFault(
                f"a crop of {size[0]} x {size[1]} pixels of images of {shape[2]} x {shape[3]}",
                field=f"{_FIELD}.crop_height",
            )
        colours = [name for name in generators(p) if name.startswith(_COLOUR)]
        if colours and len(p.chromatic_eigvec) != 9:
            raise LayerFault(
                f"{colours[0]} needs the eigenvectors of colours, 9 numbers",
                field=f"{_FIELD}.chromatic_eigvec",
            )
        shapes: list[Shape] = [(*shape[:2], *size), (shape[0], COUNT, 1, 1)]
        return shapes[: max(1, len(param.top))]

    @classmethod
    def _size(cls, param: LayerParameter, shape: Shape) -> tuple[int, int]:
        p = param.augmentation_param
        cropped = p.HasField("crop_width") and p.HasField("crop_height")
        return (p.crop_height, p.crop_width) if cropped else (shape[2], shape[3])

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        number = OwnParam("number", (1, 1, 1, 1), learns=False)
        if not param.augmentation_param.recompute_mean:
            return [number]
        channels, size = bottoms[0][1], cls._size(param, bottoms[0])
        mean = OwnParam("mean", (1, channels, *size), learns=False)
        return [number, mean, OwnParam("channel_mean", (1, channels, 1, 1), learns=False)]

    @property
    def couples_samples(self) -> str | None:
        return "the mean is that of the batches that it has seen" if self.mean is not None else None

    @torch.no_grad()
    def forward(self, x: Tensor, coefficients: Tensor | None = None) -> Tensor | tuple[Tensor, Tensor]:
        p = self.param.augmentation_param
        number = self.number.detach().trunc() + 1
        store(self.number, number)
        rows = x.new_zeros(x.shape[0], COUNT) if coefficients is None else coefficients.flatten(1)
        if p.HasField("crop_width") and p.HasField("crop_height"):
            if coefficients is None and (p.augment_during_test or self.param.phase == TRAIN):
                spread = discount(self.param.coeff_schedule_param, number.reshape(()))
                sizes = (*x.shape[2:], p.crop_height, p.crop_width)
                rows = draw_rows(p, spread, rows, "add", sizes, self._draw(x)).to(x.dtype)
            x = self._augmented(x, rows, coefficients is not None)
        x = self._centred(x, number)
        return (x, rows.reshape(-1, COUNT, 1, 1)) if len(self.param.top) > 1 else x

    def _draw(self, x: Tensor) -> Callable[[Sequence[int], str], Tensor]:
        return lambda shape, what: self.random_uniform(shape, x.device, what)

    def _augmented(self, x: Tensor, rows: Tensor, given: bool) -> Tensor:
        p, rows = self.param.augmentation_param, settled(rows)
        y = crops(x, rows, p.crop_height, p.crop_width)
        if x.shape[1] != 3:  # colours are those of three channels
            return y
        y = coloured(y, x, rows, self.vectors, p.max_multiplier)
        if not self.may_draw or not (given or p.HasField("noise")):
            return y
        unit, angle = (self.random_uniform(y.shape, y.device, f"noise {what}") for what in ("value", "angle"))
        noise = (-2 * unit.log()).sqrt() * torch.cos(2 * pi * angle)
        return y + rows[:, -1].clamp(min=0)[:, None, None, None] * noise.to(y.dtype)

    def _centred(self, x: Tensor, number: Tensor) -> Tensor:
        p = self.param.augmentation_param
        if self.mean is not None and self.channel_mean is not None:
            fresh = (self.mean * (number - 1) + x.mean(0, keepdim=True)) / number
            early = number <= p.recompute_mean
            store(self.channel_mean, torch.where(early, fresh.mean((2, 3), keepdim=True), self.channel_mean))
            store(self.mean, torch.where(early, fresh, self.mean))
            return x - (self.mean if p.mean_per_pixel else self.channel_mean)
        return x if self.given is None else x - self.given.to(x.dtype)
