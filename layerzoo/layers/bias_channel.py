"""BiasChannel: favour the classes that an image is labelled with."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import BiasChannelParameter, LayerParameter


@register
class BiasChannel(LabelCheck, Layer):
    """Add ``bg_bias`` to the scores of the background and ``fg_bias`` to those of the other classes present.

    With IMAGE, the second bottom lists the labels of each image; a label that is there twice counts twice.
    With PIXEL it holds the label of each pixel; if ``background_label`` or ``bg_bias`` is given, each pixel
    of another class adds ``bg_bias`` to the background too. -1 and ``ignore_label`` add nothing.

    Shapes: bottoms (N, C, H, W) and (N, L, 1, 1), or (N, 1, H, W) with PIXEL; top as the first. Source:
    DeepLab's and PSPNet's forks, ``bias_channel_layer``; Papandreou et al. 2015.
    """

    family = "vision"
    example_bottoms = ((4, 3, 32, 32), (4, 2, 1, 1))
    needs_images = True
    example = "bg_bias: 1 fg_bias: 2"
    messages = ("bias_channel_param",)
    bottoms = exactly(2)
    without_gradient = (1,)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.bias_channel_param
        self.ignored = (-1, *p.ignore_label)
        self.by_pixel = p.label_type == BiasChannelParameter.PIXEL
        given = p.HasField("background_label") or p.HasField("bg_bias")
        self.background = p.background_label if given else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        (x, labels), p = bottoms, param.bias_channel_param
        for name in ("bg_bias", "fg_bias"):
            if not getattr(p, name) >= 0:
                raise LayerFault(
                    f"{name} {getattr(p, name):g} is below 0", field=f"bias_channel_param.{name}"
                )
        if len(x) != 4:
            raise LayerFault(f"a bottom of shape {x}, expected (N, C, H, W)", bottom=0)
        by_pixel = p.label_type == BiasChannelParameter.PIXEL
        expected = (x[0], 1, *x[2:]) if by_pixel else (x[0], *labels[1:2], 1, 1)
        if labels != expected or not labels[1]:
            kind = BiasChannelParameter.LabelType.Name(p.label_type)
            raise LayerFault(
                f"labels of shape {labels} for scores {x} with label_type {kind}; expected "
                + (f"{expected}" if by_pixel else f"({x[0]}, number, 1, 1)"),
                bottom=1,
            )
        if p.background_label not in range(x[1]):
            raise LayerFault(
                f"background_label {p.background_label} for {x[1]} classes",
                field="bias_channel_param.background_label",
            )
        return [x]

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        p = self.param.bias_channel_param
        counted = torch.ones_like(labels, dtype=torch.bool)
        for label in self.ignored:
            counted &= labels.detach().long() != label
        index = self.indices(torch.where(counted, labels.detach(), 0), x.shape[1])
        bias = torch.zeros_like(x) if self.by_pixel else x.new_zeros(*x.shape[:2], 1, 1)
        if not self.by_pixel:
            added = torch.where(index == 0, p.bg_bias, p.fg_bias)
        elif self.background is None:
            added = torch.full_like(labels, p.fg_bias)
        else:
            bias[:, self.background] = (p.bg_bias * counted[:, 0]).to(x.dtype)
            added = p.fg_bias * (index != self.background)
        return x + bias.scatter_add(1, index, (added * counted).to(x.dtype))
