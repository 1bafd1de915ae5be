"""SegmentationEvaluate: how well masks of classes that may overlap agree with the true ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.data.interpolation import area_weights
from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class SegmentationEvaluate(Layer):
    """Intersection over union of each class's predicted and true mask, for the first image of a batch.

    A mask is where the class's channel is above ``threshold``. Predictions of another size are resized first,
    as OpenCV's INTER_AREA resizes images of 256 levels; then a class that doesn't occur has -1. Otherwise a
    class without a common pixel has 0.

    Shapes: bottoms (N, C, h, w) probabilities and (N, C, H, W) true masks; top (1, 1, 1, C). Source:
    ``segmentation_evaluate_layer`` of eric612/MobileNet-YOLO, without a paper.
    """

    family = "loss"
    fixed_buffers = ("down", "across")
    higher_is_better = True
    deployed = False
    no_gradient = "the number of common pixels is a step function of the scores"
    example_bottoms = ((1, 2, 8, 8), (1, 2, 8, 8))
    example = "num_classes: 2"
    messages = ("segmentation_evaluate_param",)
    stays_fp32 = True
    bottoms = exactly(2)
    without_gradient = (0, 1)
    down: Tensor
    across: Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        (_, _, *size), (_, _, *true) = bottom_shapes
        self.resizes = size != true
        weights = area_weights(*size, *true) if self.resizes else ([[0.0]], [[0.0]])
        for name, matrix in zip(("down", "across"), weights, strict=True):
            self.register_buffer(name, torch.as_tensor(matrix, dtype=torch.float64), persistent=False)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, (scores, labels) = param.segmentation_evaluate_param, bottoms
        if not p.HasField("num_classes"):
            raise LayerFault("num_classes is missing", field="segmentation_evaluate_param.num_classes")
        if (
            len(scores) != 4
            or len(labels) != 4
            or scores[:2] != labels[:2]
            or not all(scores[1:] + labels[2:])
        ):
            raise LayerFault(
                f"predictions of shape {scores} and masks of shape {labels}; expected (N, C, h, w) and "
                "(N, C, H, W)",
                bottom=1,
            )
        return [(1, 1, 1, scores[1])]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        classes, channels = param.segmentation_evaluate_param.num_classes, bottoms[0][1]
        warnings = []
        if classes != channels:
            warnings.append(
                f"num_classes is {classes}, but the bottoms have {channels} channels, which count"
            )
        if bottoms[0][0] > 1:
            warnings.append(
                "only the first image of each batch is evaluated, as in the fork; set batch_size: 1"
            )
        return warnings

    @torch.no_grad()
    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        threshold = self.param.segmentation_evaluate_param.threshold
        predicted, true = x[0], labels[0].to(x.dtype) > threshold
        if self.resizes:
            levels = (predicted.double() * 255).trunc().clamp(0, 255)
            predicted = (self.down.double() @ levels @ self.across.double().mT).round()
            threshold = int(threshold * 255)
        found = predicted > threshold
        common = (found & true).sum((1, 2))
        union = (found | true).sum((1, 2)).clamp(min=1)
        overlap = common / union
        if self.resizes:
            absent = (common == 0) & (true.sum((1, 2)) == 0)
            overlap = torch.where(absent, -1, overlap)
        return overlap.to(torch.promote_types(x.dtype, torch.float32)).view(1, 1, 1, -1)
