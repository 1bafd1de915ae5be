"""Dropout: set random values to zero in training."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch

from layerzoo.errors import ExportError, LayerFault
from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter

_LEVELS = 1 << 16


@register
class Dropout(Layer):
    """Set random values to zero in training, as regularisation.

    In TRAIN, and in TEST with ``sample_weights_test``, each value is dropped with probability
    ``dropout_ratio`` and the others are scaled by ``1 / (1 - dropout_ratio)``, or its root with
    ``sqrt_scale``; else, in TEST, the top equals the bottom. With ``scale_train: false`` (of R-FCN) TRAIN
    doesn't scale, and TEST scales by ``1 - dropout_ratio``. The mask depends only on the seed, the
    number of the pass, the layer's name and the index of the sample in the global batch of all processes:
    along axis 0, or along axis 1 if the samples of the data layers are there, behind the steps of
    sequences. The ratio is rounded to a multiple of 1 / 65,536, and the scale accordingly, so that the
    expected value is exact. The rows of a blob that isn't of samples, such as that of a Parameter, count as
    samples: each process draws a mask of its own for it.

    With ``axis``, values that differ only along the axes from it on are dropped together: 1 drops whole
    samples (stochastic depth: Huang et al. 2016), 2 whole channels of samples (spatial dropout).

    Shapes: bottom any, top the same. Source: Caffe's ``dropout_layer``; Srivastava et al. 2014;
    ``sample_weights_test``: the forks of SegNet and PoseNet (Gal and Ghahramani 2016); ``sqrt_scale``:
    caffe-windows.
    """

    family = "common"
    draws_for_elements = True
    any_layout = True
    example = "dropout_ratio: 0.5"
    messages = ("dropout_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.dropped = round(_ratio(param) * _LEVELS)
        self.scale = _LEVELS / max(1, _LEVELS - self.dropped)
        self.scale_train = param.dropout_param.scale_train
        if param.dropout_param.sqrt_scale:
            self.scale = sqrt(self.scale)
        self.sampled = param.dropout_param.sample_weights_test
        self.axis = _axis(param, bottom_shapes[0]) if param.dropout_param.HasField("axis") else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _ratio(param)
        if param.dropout_param.HasField("axis"):
            _axis(param, bottoms[0])
        return super().top_shapes(param, bottoms)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "Dropout is random" if param.dropout_param.dropout_ratio > 0 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if self.sampled and self.dropped:
            raise ExportError(f"layer '{self.name}': dropout in TEST can't be written")
        return bottoms.first if self.scale_train else f"{bottoms.first} * {1 / self.scale!r}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.dropped:
            return x
        if not (self.training or self.sampled):
            return x if self.scale_train else x / self.scale
        drawn = x.shape[: self.axis]
        kept = self.random_levels(drawn, x.device) >= self.dropped - _LEVELS // 2
        kept = kept.view(*drawn, *(1,) * (x.dim() - len(drawn)))
        return x * kept.to(x.dtype).mul_(self.scale if self.scale_train else 1)


def _axis(param: LayerParameter, shape: Shape) -> int:
    axis = canonical_axis(param.dropout_param.axis, len(shape), "dropout_param.axis")
    if not axis:
        raise LayerFault(
            "axis 0 would drop the whole batch or nothing",
            field="dropout_param.axis",
            hint="1 drops whole samples",
        )
    return axis


def _ratio(param: LayerParameter) -> float:
    ratio = param.dropout_param.dropout_ratio
    if not 0 <= ratio < 1:
        raise LayerFault(
            f"dropout_ratio {ratio:g} is not in [0, 1)",
            field="dropout_param.dropout_ratio",
            hint="it is the fraction of values to drop",
        )
    return ratio
