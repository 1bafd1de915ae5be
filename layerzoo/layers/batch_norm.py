"""BatchNorm: normalise each channel to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.broadcast import spread
from layerzoo.functional.normalisation import OF_BATCH, by_statistics, normalised_in_part, unbiased_statistics
from layerzoo.functional.transforms import accumulate, plain_only
from layerzoo.layer import ChannelMap, Joined, Layer, OwnParam, RunningSums, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import TRAIN, FillerParameter, LayerParameter

_NO_EPS = torch.finfo(torch.float32).tiny  # for an eps of 0, which torch refuses


@register
class BatchNorm(Layer):
    """Batch normalisation: ``y = (x - mean) / sqrt(variance + eps)`` over all axes except the channels'.

    In TRAIN, mean and (biased) variance are those of the batch, and the blobs are updated:
    ``mean = f * mean + mean(batch)``, ``variance = f * variance + unbiased_variance(batch)``,
    ``scale_factor = f * scale_factor + 1``, where ``f`` is ``moving_average_fraction``. In TEST, or with
    ``use_global_stats``, mean and variance are those blobs divided by ``scale_factor``. Scale and offset are
    learned by a following Scale layer, or by this layer with ``scale_bias``: ``weight * y + bias``.

    ``disable_mean`` and ``disable_variance`` leave out a part. In TRAIN ``update_global_stats`` divides by
    the batch's deviation from the running mean, a constant, and updates the blobs.

    Shapes: bottom (N, C, ...), or (N) with one channel; top the same; ``mean`` (C), ``variance`` (C),
    ``scale_factor`` (1), ``weight`` (C), ``bias`` (C). Source: Caffe's ``batch_norm_layer``; ``scale_bias``:
    NVIDIA's fork; ``disable_mean`` and ``disable_variance``: caffe-windows; ``update_global_stats``: PSPNet's
    fork; Ioffe and Szegedy 2015.
    """

    family = "normalisation"
    any_layout = True
    fresh_top = syncs_statistics = True
    messages = ("batch_norm_param",)
    ignores: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("batch_norm_param.momentum", "batch_norm_param.frozen"), "only CuDNNBatchNorm has it"
    )
    param_names = ("mean", "variance", "scale_factor", "weight", "bias")
    may_be_in_place = True
    mean: nn.Parameter
    variance: nn.Parameter
    scale_factor: nn.Parameter
    weight: nn.Parameter | None
    bias: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.batch_norm_param
        self.use_global_stats = p.use_global_stats if p.HasField("use_global_stats") else None
        self.fraction = p.moving_average_fraction
        self.eps = p.eps or _NO_EPS
        self.in_part = p.disable_mean or p.disable_variance or _updates(param)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        idle = (
            {} if _updates(param) else {"batch_norm_param.update_global_stats": "use_global_stats isn't set"}
        )
        unread = {**cls.ignores, **idle}
        if param.batch_norm_param.scale_bias:
            return unread
        fields = ("batch_norm_param.scale_filler", "batch_norm_param.bias_filler")
        return unread | dict.fromkeys(fields, "scale_bias is not set")

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "it takes the deviation of the batch as a constant" if _updates(param) else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        eps = param.batch_norm_param.eps
        if not eps >= 0:
            raise LayerFault(f"eps {eps:g} is below 0", field="batch_norm_param.eps")
        if not bottoms[0]:
            raise LayerFault("bottom of shape (), expected (N, C, ...)", bottom=0)
        return super().top_shapes(param, bottoms)

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        shape = bottoms[0][1:2] or (1,)
        sizes = (("mean", shape), ("variance", shape), ("scale_factor", (1,)))
        own = [OwnParam(name, size, learns=False) for name, size in sizes]
        p = param.batch_norm_param
        if not p.scale_bias:
            return own
        scale = p.scale_filler if p.HasField("scale_filler") else FillerParameter(type="constant", value=1)
        return [*own, OwnParam("weight", shape, scale), OwnParam("bias", shape, p.bias_filler)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        axes = len(bottoms.shapes[0]) - 2
        if not 0 <= axes <= 3 or self.use_global_stats is False or self.in_part:
            raise ExportError(f"layer '{self.name}': this batch normalisation can't be written")
        total = float(self.scale_factor)
        share = 1 / total if total else 0.0
        affine = self.weight is not None
        arguments = [str(bottoms.shapes[0][1])]
        if number(self.eps) != "1e-05":
            arguments.append(f"eps={number(self.eps)}")
        if not affine:
            arguments.append("affine=False")
        module = source.module(
            f"nn.BatchNorm{max(1, axes)}d({', '.join(arguments)})",
            running_mean=self.mean * share,
            running_var=self.variance * share,
            num_batches_tracked=torch.tensor(0),
            weight=self.weight,
            bias=self.bias if affine else None,
        )
        return f"{module}({bottoms.first})"

    @property
    def _uses_global(self) -> bool:
        return not self.training if self.use_global_stats is None else self.use_global_stats

    @property
    def couples_samples(self) -> str | None:
        return None if self._uses_global and not _updates(self.param) else OF_BATCH

    def channel_map(self) -> ChannelMap | None:
        if not self._uses_global or self.in_part:
            return None
        mean, variance = self._global()
        scale = (variance.double() + self.eps).rsqrt()
        if self.weight is not None:
            scale = scale * self.weight
        offset = -mean.double() * scale
        if self.bias is not None:
            offset = offset + self.bias
        return ChannelMap(scale.to(mean.dtype), offset.to(mean.dtype))

    def joined(self, following: Sequence[Layer], sums: RunningSums) -> Joined | None:
        """Statistics, and the scale and offset of the layer that follows, as one operation."""
        after = following[0] if following and self.weight is None and _scales(following[0]) else None

        def call(x: torch.Tensor) -> torch.Tensor:
            joint = self.clock.joint_sum is not None and not self._uses_global
            if x.ndim == 1 or x.numel() == x.shape[1] or self.in_part or joint or plain_only():
                y: torch.Tensor = self(x)
                return y if after is None else cast(torch.Tensor, after(y))
            own = ChannelMap(self.weight, self.bias)
            weight, bias = own if after is None else after.channel_map() or own
            if self._uses_global:
                return F.batch_norm(x, *self._global(), weight, bias, eps=self.eps)
            mean, variance = x.detach().new_zeros(2, x.shape[1], dtype=self.mean.dtype).unbind()
            y = F.batch_norm(x, mean, variance, weight, bias, True, 1.0, self.eps)
            sums.add(self.fraction, [self.mean, self.variance], [mean, variance])
            sums.add(self.fraction, [self.scale_factor], [torch.ones_like(self.scale_factor)])
            return y

        return Joined(call, int(after is not None), fresh=True)

    def _global(self) -> tuple[torch.Tensor, torch.Tensor]:
        total = self.scale_factor
        share = torch.where(total == 0, 0, total.reciprocal())
        return self.mean.detach() * share, self.variance.detach() * share

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.ndim == 1:
            return self.forward(x[:, None])[:, 0]
        if self.in_part:
            return self._in_part(x.float() if x.dtype in (torch.bfloat16, torch.float16) else x)
        if self._uses_global:
            return by_statistics(x, *self._global(), self.weight, self.bias, self.eps)
        affine, kind = (self.weight, self.bias), self.mean.dtype
        y, mean, variance = unbiased_statistics(x, *affine, self.eps, kind, self.clock.joint_sum)
        accumulate(self.mean, self.fraction, mean)
        accumulate(self.variance, self.fraction, variance)
        accumulate(self.scale_factor, self.fraction, 1)
        return y

    def _in_part(self, x: torch.Tensor) -> torch.Tensor:
        p, blobs = self.param.batch_norm_param, (self.mean, self.variance, self.scale_factor)
        used = self._global() if self._uses_global else None
        y = normalised_in_part(x, p, used, blobs, _updates(self.param), self.clock.joint_sum)
        if self.weight is None or self.bias is None:
            return y
        return torch.addcmul(spread(self.bias, x, 1), y, spread(self.weight, x, 1))


def _updates(param: LayerParameter) -> bool:
    return (p := param.batch_norm_param).update_global_stats and p.use_global_stats and param.phase == TRAIN


def _scales(layer: Layer) -> bool:
    """Whether a layer scales each channel by a param."""
    found = layer.channel_map()
    return found is not None and found.scale is not None
