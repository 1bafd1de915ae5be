"""SmoothL1Loss: a loss of boxes that is quadratic near 0 and linear further out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, prod
from typing import ClassVar, Final, Literal

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import normalization, normalizer
from layerzoo.functional.smooth_l1 import (
    check_equal_shapes,
    item_shape,
    loss_of_weighted_differences,
    per_item,
    smooth_l1,
)
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter

Dialect = Literal["SSD", "Fast R-CNN", "R-FCN"]

_TELL: Final = (
    "Fast R-CNN's has two or four bottoms and smooth_l1_loss_param, R-FCN's two or three and loss_param, "
    "SSD's two and neither"
)


@register
class SmoothL1Loss(Layer):
    """Loss of boxes: the sum of ``0.5 d^2`` where ``|d| < 1``, else ``|d| - 0.5``, normalised.

    Three forks have this name; bottoms and fields decide. SSD: two bottoms, ``d = x - t``, divided by N.
    Fast R-CNN: ``smooth_l1_loss_param`` or two more bottoms, inside and outside weights: ``d = w_in (x -
    t)``, each term times ``w_out``, divided by N; ``sigma`` moves the turn to ``1 / sigma^2``. R-FCN:
    ``loss_param``, a third bottom or a second top: ``d = w (x - t)``, divided as ``normalization`` says; the
    gradient lacks the factor w. Without ``loss_weight`` the loss counts 1 in SSD, but 0 in Fast R-CNN and
    R-FCN.

    Shapes: bottoms (N, ...), all the same; tops () and optionally the loss of each item, (N, 1, H, W),
    without a gradient. Source: ``smooth_L1_loss_layer`` of rbgirshick/caffe-fast-rcnn,
    daijifeng001/caffe-rfcn and weiliu89/caffe; Girshick 2015, "Fast R-CNN".
    """

    family = "loss"
    messages = ("smooth_l1_loss_param", "loss_param")
    ignores: ClassVar[Mapping[str, str]] = {"loss_param.ignore_label": "boxes have no labels"}
    bottoms = between(2, 4)
    tops = between(1, 2)
    is_loss = True
    regresses = True
    without_gradient = (2, 3)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.dialect = _dialect(param)
        self.sigma = param.smooth_l1_loss_param.sigma
        self.mode = normalization(param.loss_param)
        self.fixed = param.loss_param.pre_fixed_normalizer
        self.gives_items = len(param.top) > 1

    @classmethod
    def default_loss_weight(cls, param: LayerParameter) -> float:
        return float(_dialect(param) == "SSD")

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return _surrogate(param)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _dialect(param)
        sigma = param.smooth_l1_loss_param.sigma
        if not sigma or not isfinite(sigma):
            raise LayerFault(
                f"sigma {sigma:g}; expected a number other than 0", field="smooth_l1_loss_param.sigma"
            )
        check_equal_shapes(bottoms)
        return [(), item_shape(bottoms[0])] if len(param.top) > 1 else [()]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        if param.loss_weight:
            return []
        dialect = _dialect(param)
        if dialect != "SSD":
            return [f"without loss_weight this loss counts for nothing, as in {dialect}; add loss_weight: 1"]
        return ["without loss_weight this loss counts 1, as in SSD, but 0 in Fast R-CNN; add loss_weight"]

    def forward(
        self, x: torch.Tensor, target: torch.Tensor, *weights: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if self.dialect == "R-FCN":
            positions = x.shape[0] * prod(x.shape[2:])
            divisor = normalizer(self.mode, x.shape[0], positions, None, self.clock.shared_count, self.fixed)
            factor = weights[0] if weights else None
            loss, terms = loss_of_weighted_differences(x, target, factor, float(divisor))
        else:
            inside, outside = (w.detach().reshape(x.shape) for w in weights) if weights else (None, None)
            difference = x - target.reshape(x.shape)
            terms = smooth_l1(difference if inside is None else inside * difference, self.sigma)
            terms = terms if outside is None else outside * terms
            loss = terms.sum() / max(1, x.shape[0])
        return (loss, per_item(terms.detach())) if self.gives_items else loss


def _dialect(param: LayerParameter) -> Dialect:
    """The fork whose layer is meant.

    Raises:
        LayerFault: the fields and bottoms contradict each other.
    """
    bottoms = len(param.bottom)
    of_fast, of_rfcn = param.HasField("smooth_l1_loss_param"), param.HasField("loss_param")
    if of_fast and of_rfcn:
        message = "both smooth_l1_loss_param and loss_param are given, so it is unclear whose layer is meant"
        raise LayerFault(message, field="loss_param", hint=_TELL)
    if of_fast and bottoms == 3:
        message = "three bottoms and smooth_l1_loss_param, so it is unclear whose layer is meant"
        raise LayerFault(message, field="smooth_l1_loss_param", hint=_TELL)
    if of_rfcn and bottoms == 4:
        message = "four bottoms and loss_param, so it is unclear whose layer is meant"
        raise LayerFault(message, field="loss_param", hint=_TELL)
    if of_fast or bottoms == 4:
        return "Fast R-CNN"
    return "R-FCN" if of_rfcn or bottoms == 3 or len(param.top) > 1 else "SSD"


def _surrogate(param: LayerParameter) -> str | None:
    """How the gradient differs from the derivative; None if it doesn't."""
    if len(param.bottom) != 3:
        return None
    return (
        "as in R-FCN, it lacks the factor of the third bottom; where weights are 0 or 1 it is the derivative"
    )
