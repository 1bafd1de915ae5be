"""CuDNNBatchNorm: batch normalisation with its own scale and bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import nn

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.normalisation import OF_BATCH, batch_statistics, by_statistics, unbiased
from layerzoo.functional.transforms import accumulate
from layerzoo.layer import Layer, OwnParam, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import FillerParameter, LayerParameter


@register
class CuDNNBatchNorm(Layer):
    """Batch normalisation and a learned scale and bias, by NVIDIA's library in the fork.

    In TRAIN, mean and variance are those of the batch, and the running ones become ``momentum * old + (1 -
    momentum) * new``, of the unbiased variance; in TEST, or with ``frozen``, they are the running ones, and
    ``frozen`` stops the learning of scale and bias too.

    Shapes: bottom (N, C, ...), top the same; ``weight``, ``bias``, ``mean`` and ``variance`` (1, C, 1, 1).
    Source: GENet's and SENet's fork, ``cudnn_batch_norm_layer``; Hu et al. 2018; Ioffe and Szegedy 2015.
    """

    family = "normalisation"
    messages = ("batch_norm_param",)
    ignores: ClassVar[Mapping[str, str]] = {
        f"batch_norm_param.{name}": "CuDNNBatchNorm has momentum and frozen, and always scale and bias"
        for name in (
            "use_global_stats",
            "moving_average_fraction",
            "scale_bias",
            "disable_mean",
            "disable_variance",
            "update_global_stats",
        )
    }
    stays_fp32 = syncs_statistics = True
    param_names = ("weight", "bias", "mean", "variance")
    may_be_in_place = True
    weight: nn.Parameter
    bias: nn.Parameter
    mean: nn.Parameter
    variance: nn.Parameter

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.eps = max(param.batch_norm_param.eps, torch.finfo(torch.float32).tiny)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) < 2:
            raise LayerFault(f"a bottom of shape {bottoms[0]}, expected (N, C, ...)", bottom=0)
        if not param.batch_norm_param.eps >= 0:
            raise LayerFault(f"eps {param.batch_norm_param.eps:g} is below 0", field="batch_norm_param.eps")
        return [bottoms[0]]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p, shape = param.batch_norm_param, (1, bottoms[0][1], 1, 1)
        ones = FillerParameter(type="constant", value=1)
        return [
            OwnParam("weight", shape, p.scale_filler if p.HasField("scale_filler") else ones, not p.frozen),
            OwnParam("bias", shape, p.bias_filler, not p.frozen),
            OwnParam("mean", shape, None, False),
            OwnParam("variance", shape, ones if p.frozen else None, False),
        ]

    @property
    def couples_samples(self) -> str | None:
        return OF_BATCH if self.training and not self.param.batch_norm_param.frozen else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        axes = len(bottoms.shapes[0]) - 2
        if not 0 <= axes <= 3:
            raise ExportError(f"layer '{self.name}': this batch normalisation can't be written")
        module = source.module(
            f"nn.BatchNorm{max(1, axes)}d({bottoms.shapes[0][1]}, eps={number(self.eps)})",
            running_mean=self.mean.flatten(),
            running_var=self.variance.flatten(),
            num_batches_tracked=torch.tensor(0),
            weight=self.weight.flatten(),
            bias=self.bias.flatten(),
        )
        return f"{module}({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        p, weight, bias = self.param.batch_norm_param, self.weight.flatten(), self.bias.flatten()
        if p.frozen or not self.training:
            mean, variance = self.mean.detach().flatten(), self.variance.detach().flatten()
            return by_statistics(x, mean, variance, weight, bias, self.eps)
        joint = self.clock.joint_sum
        y, mean, variance = batch_statistics(x, weight, bias, self.eps, joint)
        accumulate(self.mean, p.momentum, mean.view_as(self.mean) * (1 - p.momentum))
        kept = unbiased(variance, x, joint).view_as(self.variance)
        accumulate(self.variance, p.momentum, kept * (1 - p.momentum))
        return y
