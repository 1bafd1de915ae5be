"""UniqueLabel: the labels of each image."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.functional.constants import constant
from layerzoo.functional.transforms import may_read
from layerzoo.layer import Layer, Shape, register
from layerzoo.schema import LayerParameter


@register
class UniqueLabel(Layer):
    """The sorted labels of each image's pixels, and those of ``force_label``; -1 fills the rest.

    On a GPU and in an exported program, labels beyond ``max_labels`` are left out; on the CPU they are an
    error.

    Shapes: bottom (N, 1, H, W), top (N, max_labels, 1, 1). Source: DeepLab's and PSPNet's forks,
    ``unique_label_layer``; Papandreou et al. 2015.
    """

    family = "utility"
    example = "max_labels: 21 ignore_label: 255"
    messages = ("unique_label_param",)
    no_gradient = "labels have none"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.unique_label_param
        self.most = p.max_labels
        self.ignored = list(p.ignore_label)
        self.forced = list(p.force_label)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape, p = bottoms[0], param.unique_label_param
        if len(shape) != 4 or shape[1] != 1:
            raise LayerFault(f"a bottom of shape {shape}, expected (N, 1, H, W)", bottom=0)
        forced = len(set(p.force_label))
        if p.max_labels <= forced:
            raise LayerFault(
                f"max_labels {p.max_labels} for {forced} labels of force_label; expected at least one more",
                field="unique_label_param.max_labels",
            )
        return [(shape[0], p.max_labels, 1, 1)]

    @torch.no_grad()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        labels = x.flatten(1)
        for label in self.ignored:
            labels = torch.where(labels.long() == label, inf, labels)
        forced = constant(tuple(self.forced), labels.dtype, labels.device).expand(labels.shape[0], -1)
        labels = torch.cat((labels, forced), 1).sort(1).values
        first = torch.ones_like(labels[:, :1], dtype=torch.bool)
        new = torch.cat((first, labels[:, 1:] != labels[:, :-1]), 1) & (labels < inf)
        places = new.cumsum(1)
        if x.is_cpu and x.numel() and may_read() and int(places.max()) > self.most:
            raise DataError(
                f"layer '{self.name}': an image has {int(places.max())} labels; max_labels is {self.most}"
            )
        places = torch.where(new & (places <= self.most), places - 1, self.most)
        top = torch.full_like(labels[:, :1], -1).expand(-1, self.most + 1)
        return top.scatter(1, places, labels)[:, : self.most, None, None]
