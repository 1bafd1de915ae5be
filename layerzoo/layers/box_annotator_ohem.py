"""BoxAnnotatorOHEM: choose the regions of highest loss to train on."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.ranks import ranks_within_groups
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class BoxAnnotatorOHEM(Layer):
    """Online hard example mining: the regions of highest loss of each image keep their labels and weights.

    The others get ``ignore_label`` and weights of 0. Among regions of equal loss the first ones are kept.

    Shapes: bottoms (N, 5, H, W) regions of image index, x1, y1, x2, y2, (N, 1, H, W) losses, (N, 1, H, W)
    labels and (N, C, H, W) weights, where H and W may be missing; tops (N, 1, H, W) labels and (N, C, H, W)
    weights. Source: ``box_annotator_ohem_layer`` of daijifeng001/caffe-rfcn; Shrivastava et al. 2016; Dai et
    al. 2016, "R-FCN".
    """

    family = "detection"
    example_bottoms = ((8, 5), (8, 1, 1, 1), (8, 1, 1, 1), (8, 8, 1, 1))
    example = "roi_per_img: 128"
    messages = ("box_annotator_ohem_param",)
    bottoms = exactly(4)
    tops = exactly(2)
    without_gradient = (0, 1, 2, 3)
    no_gradient = "it chooses labels and weights"
    stays_fp32 = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.kept = param.box_annotator_ohem_param.roi_per_img
        self.ignore_label = param.box_annotator_ohem_param.ignore_label

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if param.box_annotator_ohem_param.roi_per_img < 1:
            raise LayerFault("roi_per_img must be at least 1", field="box_annotator_ohem_param.roi_per_img")
        for index, shape in enumerate(bottoms):
            if len(shape) not in range(1, 5):
                raise LayerFault(f"a bottom of shape {shape}; expected (N, C, H, W)", bottom=index)
        regions, losses, labels, weights = (_four(shape) for shape in bottoms)
        count, _, height, width = regions
        for index, shape in enumerate((regions, losses, labels)):
            expected = (count, 1 if index else 5, height, width)
            if shape != expected:
                raise LayerFault(f"a bottom of shape {bottoms[index]}; expected {expected}", bottom=index)
        if (weights[0], *weights[2:]) != (count, height, width):
            raise LayerFault(
                f"weights of shape {bottoms[3]}; expected ({count}, C, {height}, {width})", bottom=3
            )
        return [losses, weights]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return 1 if bottom == 0 else None

    def forward(
        self, regions: torch.Tensor, losses: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        count, channels, height, width = _four(tuple(weights.shape))
        shape = (count, 1, height, width)
        image = regions.detach().reshape(count, 5, height, width)[:, 0].long().reshape(-1)
        hard = ranks_within_groups(losses.detach().reshape(-1), image) < self.kept
        hard = hard.reshape(shape)
        kept_labels = torch.where(hard, labels.detach().reshape(shape), self.ignore_label)
        kept_weights = torch.where(hard, weights.detach().reshape(count, channels, height, width), 0)
        return kept_labels, kept_weights


def _four(shape: Sequence[int]) -> tuple[int, int, int, int]:
    """A shape with axes of size 1 appended up to four."""
    count, channels, height, width = (*shape, 1, 1, 1)[:4]
    return (count, channels, height, width)
