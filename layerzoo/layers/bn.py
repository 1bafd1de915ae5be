"""BN: batch normalisation with its own scale and shift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.normalisation import OF_BATCH, batch_statistics, by_statistics, normalised
from layerzoo.functional.transforms import accumulate
from layerzoo.graph.facts import GradientStops
from layerzoo.layer import Layer, OwnParam, Shape, between, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import BNParameter, FillerParameter, LayerParameter

_OF_SEGNET = ("scale_filler", "shift_filler", "bn_mode")
_OF_OTHERS = ("slope_filler", "bias_filler", "momentum", "eps", "frozen")
_SEGNET_EPS = 1e-9


@register
class BN(Layer):
    """Batch normalisation, scale and shift: ``y = slope (x - mean) / sqrt(variance + eps) + bias``.

    Three forks have a layer of this name; ``bn_param.dialect`` or the other fields say which is meant. In
    those of PSPNet and caffe-windows, mean and biased variance are those of the batch in TRAIN, where the
    running ones become ``momentum * old + (1 - momentum) * new``; in TEST, or ``frozen``, the running ones
    are used, and ``frozen`` stops the learning of slope and bias too. caffe-windows keeps the running ``1 /
    sqrt(variance + eps)`` instead of the variance. In SegNet's the statistics are always those of the
    batch; with ``bn_mode: INFERENCE`` there are none, and ``y = slope x + bias``; two more tops hold mean
    and variance.

    Shapes: bottom (N, C, ...), top the same, mean and variance (1, C, 1, 1); params (1, C, 1, 1), in
    caffe-windows (1, C). Source: ``bn_layer`` of the forks of PSPNet, caffe-windows, temporal segment
    networks and SegNet; Ioffe and Szegedy 2015.
    """

    family = "normalisation"
    example = 'slope_filler { type: "constant" value: 1 } dialect: CAFFE_WINDOWS'
    messages = ("bn_param",)
    hints = ("bn_param.engine",)
    stays_fp32 = syncs_statistics = True
    param_names = ("slope", "bias", "mean", "variance")
    tops = between(1, 3)
    may_be_in_place = True
    slope: nn.Parameter
    bias: nn.Parameter
    mean: nn.Parameter | None
    variance: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.bn_param
        self.dialect = dialect(param)
        self.segnet = self.dialect == BNParameter.SEGNET
        self.affine_only = self.segnet and p.bn_mode == BNParameter.INFERENCE
        self.frozen = p.frozen and not self.segnet
        self.statistics = len(param.top) > 1

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        segnet = dialect(param) == BNParameter.SEGNET
        fields = _OF_OTHERS if segnet else _OF_SEGNET
        return {f"bn_param.{name}": f"the dialect is {_name(dialect(param))}" for name in fields}

    @classmethod
    def gradient_stops(cls, param: LayerParameter) -> GradientStops:
        tops = tuple(range(1, len(param.top)))
        return GradientStops(tops=tops, hint="SegNet's layer computes none" if tops else None)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape, p = bottoms[0], param.bn_param
        if len(shape) < 2:
            raise LayerFault(f"a bottom of shape {shape}, expected (N, C, ...)", bottom=0)
        which = dialect(param)
        if len(param.top) > 1 and which != BNParameter.SEGNET:
            raise LayerFault(f"the dialect {_name(which)} has one top", field="bn_param.dialect")
        if not p.eps >= 0:
            raise LayerFault(f"eps {p.eps:g} is below 0", field="bn_param.eps")
        return [shape, *[(1, shape[1], 1, 1)] * (len(param.top) - 1)]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p, channels, which = param.bn_param, bottoms[0][1], dialect(param)
        if which == BNParameter.SEGNET:
            fillers = zip(("slope", "bias"), (p.scale_filler, p.shift_filler), strict=True)
            return [OwnParam(name, (1, channels, 1, 1), filler) for name, filler in fillers]
        windows = which == BNParameter.CAFFE_WINDOWS
        shape = (1, channels) if windows else (1, channels, 1, 1)
        ones = FillerParameter(type="constant", value=1)
        return [
            OwnParam("slope", shape, p.slope_filler, not p.frozen),
            OwnParam("bias", shape, p.bias_filler, not p.frozen),
            OwnParam("mean", shape, None, False),
            OwnParam("variance", shape, ones if windows or p.frozen else None, False),
        ]

    @property
    def couples_samples(self) -> str | None:
        by_batch = not self.affine_only if self.segnet else self.training and not self.frozen
        return OF_BATCH if by_batch else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        axes = len(bottoms.shapes[0]) - 2
        if self.statistics or not 0 <= axes <= 3 or (self.segnet and not self.affine_only):
            raise ExportError(f"layer '{self.name}': this batch normalisation can't be written")
        zeros, ones = torch.zeros_like(self.slope.flatten()), torch.ones_like(self.slope.flatten())
        windows, eps = self.dialect == BNParameter.CAFFE_WINDOWS, self.param.bn_param.eps
        if self.mean is None or self.variance is None:
            mean, variance, eps = zeros, ones, 0.0
        else:
            mean, variance = self.mean.flatten(), self.variance.flatten()
            if windows:
                variance, eps = variance.pow(-2), 0.0
        module = source.module(
            f"nn.BatchNorm{max(1, axes)}d({bottoms.shapes[0][1]}, eps={number(eps)})",
            running_mean=mean,
            running_var=variance,
            num_batches_tracked=torch.tensor(0),
            weight=self.slope.flatten(),
            bias=self.bias.flatten(),
        )
        return f"{module}({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        slope, bias = self.slope.flatten(), self.bias.flatten()
        p = self.param.bn_param
        if self.mean is None or self.variance is None:
            return self._of_segnet(x, slope, bias)
        windows = self.dialect == BNParameter.CAFFE_WINDOWS
        if self.frozen or not self.training:
            mean, variance = self.mean.detach().flatten(), self.variance.detach().flatten()
            if windows:
                return normalised(x, mean, variance, slope, bias)
            return by_statistics(x, mean, variance, slope, bias, p.eps)
        y, mean, variance = batch_statistics(x, slope, bias, p.eps, self.clock.joint_sum)
        kept = (variance + p.eps).rsqrt() if windows else variance
        accumulate(self.mean, p.momentum, mean.view_as(self.mean) * (1 - p.momentum))
        accumulate(self.variance, p.momentum, kept.view_as(self.variance) * (1 - p.momentum))
        return y

    def _of_segnet(
        self, x: torch.Tensor, slope: torch.Tensor, bias: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        zeros = x.detach().new_zeros(x.shape[1])
        if self.affine_only:
            y, mean, variance = normalised(x, zeros, torch.ones_like(zeros), slope, bias), zeros, zeros
        else:
            y, mean, variance = batch_statistics(x, slope, bias, _SEGNET_EPS, self.clock.joint_sum)
        shown = (mean.view(1, -1, 1, 1), variance.view(1, -1, 1, 1))
        return (y, *shown[: self.top_count - 1]) if self.statistics else y


def dialect(param: LayerParameter) -> int:
    """The `BNParameter.Dialect` of a layer.

    Raises:
        LayerFault: it has fields of several forks.
    """
    p = param.bn_param
    if p.HasField("dialect"):
        return p.dialect
    of_segnet = [name for name in _OF_SEGNET if p.HasField(name)]
    of_others = [name for name in _OF_OTHERS if p.HasField(name)]
    if of_segnet and of_others:
        raise LayerFault(
            f"{of_segnet[0]} is a field of SegNet's BN, {of_others[0]} of PSPNet's and caffe-windows'",
            field=f"bn_param.{of_others[0]}",
            hint="they are different layers; say by dialect which is meant",
        )
    if of_segnet or (len(param.top) > 1 and not of_others):
        return BNParameter.SEGNET
    return BNParameter.PSPNET


def _name(which: int) -> str:
    return BNParameter.Dialect.Name(which)
