"""Sample: draw from a distribution whose params are blobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import torch
from torch import Tensor

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, Shape, between, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import TRAIN, LayerParameter, SampleParameter

_GAUSSIAN, _BERNOULLI, _CATEGORICAL = (
    SampleParameter.GAUSSIAN,
    SampleParameter.BERNOULLI,
    SampleParameter.CATEGORICAL,
)
_HARD, _RELAXED, _INDEX = SampleParameter.HARD, SampleParameter.RELAXED, SampleParameter.INDEX
_MODE, _MEAN, _SAMPLE = SampleParameter.MODE, SampleParameter.MEAN, SampleParameter.SAMPLE


@register
class Sample(Layer):
    """Draw a sample: normal numbers, 0 or 1, or a category.

    GAUSSIAN: ``mean + exp(log_var / 2) * eps``, where eps is normal, so that both bottoms get their gradient
    (reparametrisation). BERNOULLI: 1 with a probability, else 0. CATEGORICAL: one of the categories along
    ``axis``, as 1 at its place (HARD) or as its number (INDEX). With RELAXED, noise is added to the logits,
    which pass a sigmoid or softmax of ``temperature`` (Gumbel-softmax); HARD has that gradient, BERNOULLI the
    gradient of the probability, unless ``straight_through: false``. TEST takes the mode, or the mean, or
    draws as well: ``test``. A random number depends only on the seed, the number of the pass, the layer's
    name and the sample's number in the global batch.

    Shapes: bottoms any, the mean and optionally the logarithm of the variance, of one shape; or logits or
    probabilities. Top as the first bottom, without ``axis`` for INDEX. Source: ours; Kingma and Welling 2014;
    Bengio, Léonard and Courville 2013 (straight through); Jang, Gu and Poole 2017; Maddison, Mnih and Teh
    2017.
    """

    family = "common"
    draws_for_elements = True
    asks_for_surrogate = True
    stays_fp32 = True
    example = "distribution: GAUSSIAN"
    messages = ("sample_param",)
    bottoms = between(1, 2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.sample_param
        self.kind, self.form, self.test = p.distribution, p.output, p.test
        self.axis = p.axis % max(1, len(bottom_shapes[0])) if bottom_shapes else p.axis
        self.temperature, self.std = p.temperature, p.std
        self.of_logits = p.input == SampleParameter.LOGITS

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        p = param.sample_param
        unread: dict[str, str] = {}
        if p.distribution == _GAUSSIAN:
            names = ("input", "output", "axis", "temperature", "straight_through")
            unread |= dict.fromkeys(names, "distribution is GAUSSIAN")
            if len(param.bottom) > 1:
                unread["std"] = "the second bottom is the logarithm of the variance"
        else:
            unread["std"] = "distribution is not GAUSSIAN"
            if p.distribution == _BERNOULLI:
                unread["axis"] = "each element of BERNOULLI is drawn by itself"
            if p.output != _HARD:
                unread["straight_through"] = "output is not HARD"
            if p.output == _INDEX:
                unread["temperature"] = "a number of a category has no gradient"
        return {f"sample_param.{name}": why for name, why in unread.items()}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape = param.sample_param, bottoms[0]
        if p.distribution == _GAUSSIAN:
            if bottoms[-1] != shape:
                raise LayerFault(
                    f"a mean of shape {shape} and a logarithm of variances of {bottoms[1]}", bottom=1
                )
            if not 0 <= p.std < float("inf"):
                raise LayerFault(f"std {p.std:g}; expected 0 or more", field="sample_param.std")
            return [shape]
        name = SampleParameter.Distribution.Name(p.distribution)
        if len(bottoms) > 1:
            raise LayerFault(f"{name} has one bottom", bottom=1, hint="logits, or probabilities")
        if not (p.temperature > 0 and isfinite(p.temperature)):
            raise LayerFault(
                f"temperature {p.temperature:g} is not above 0", field="sample_param.temperature"
            )
        if p.output != _INDEX:
            if p.distribution == _CATEGORICAL:
                canonical_axis(p.axis, len(shape), "sample_param.axis")
            return [shape]
        if p.distribution == _BERNOULLI:
            raise LayerFault("BERNOULLI draws 0 or 1, no category", field="sample_param.output", hint="HARD")
        if p.test == _MEAN:
            raise LayerFault("numbers of categories have no mean", field="sample_param.test", hint="MODE")
        axis = canonical_axis(p.axis, len(shape), "sample_param.axis")
        return [(*shape[:axis], *shape[axis + 1 :])]

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        p = param.sample_param
        fixed = p.distribution == _GAUSSIAN and len(param.bottom) < 2 and not p.std
        drawn = param.phase == TRAIN or p.test == _SAMPLE
        return "Sample is random" if drawn and not fixed else None

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        p = param.sample_param
        if p.distribution == _GAUSSIAN or p.output == _RELAXED:
            return None
        return "of a relaxed sample" if p.output == _HARD and p.straight_through else None

    @property
    def draws(self) -> bool:
        """Whether it draws samples in its present mode."""
        return self.training or self.test == _SAMPLE

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if self.draws:
            raise self._unwritable()
        x = bottoms.first
        if self.kind == _GAUSSIAN:
            return x
        if self.test == _MEAN:
            if not self.of_logits:
                return x if self.kind == _BERNOULLI else f"{x} / {x}.sum({self.axis}, keepdim=True)"
            return f"torch.sigmoid({x})" if self.kind == _BERNOULLI else f"F.softmax({x}, {self.axis})"
        if self.kind == _BERNOULLI:
            return f"({x} > {0 if self.of_logits else 0.5}).to({x}.dtype)"
        best = f"{x}.argmax({self.axis})"
        if self.form == _INDEX:
            return f"{best}.to({x}.dtype)"
        classes = bottoms.shapes[0][self.axis]
        return f"F.one_hot({best}, {classes}).movedim(-1, {self.axis}).to({x}.dtype)"

    def _unwritable(self) -> ExportError:
        return ExportError(f"layer '{self.name}': random samples can't be written; give test: MODE or MEAN")

    def forward(self, x: Tensor, log_var: Tensor | None = None) -> Tensor:
        if self.draws and not self.training and torch.compiler.is_exporting():
            raise self._unwritable()  # a program has no number of the pass, so it would always draw the same
        if self.kind == _GAUSSIAN:
            if not self.draws:
                return x.view_as(x)
            if log_var is None:
                return x + self.std * self._noise(x) if self.std else x.view_as(x)
            return x + (0.5 * log_var).exp() * self._noise(x)
        return self._bernoulli(x) if self.kind == _BERNOULLI else self._categorical(x)

    def _noise(self, x: Tensor) -> Tensor:
        return self.clock.normal(self, "", x.shape, x.device).to(x.dtype)

    def _gumbel(self, x: Tensor, what: str = "") -> Tensor:
        return self.clock.gumbel(self, what, x.shape, x.device).to(x.dtype)

    def _logits(self, x: Tensor) -> Tensor:
        """Logits of probabilities, bounded so that their gradient is."""
        tiny = torch.finfo(x.dtype).tiny
        logs = x.clamp(min=tiny).log()
        return logs - (1 - x).clamp(min=torch.finfo(x.dtype).eps).log() if self.kind == _BERNOULLI else logs

    def _bernoulli(self, x: Tensor) -> Tensor:
        probability = x.sigmoid() if self.of_logits else x
        if not self.draws and self.test == _MEAN:
            return probability.view_as(x)
        if self.draws and self.form == _RELAXED:
            logits = x if self.of_logits else self._logits(x)
            # the difference of two Gumbel numbers is logistic
            return ((logits + self._gumbel(x) - self._gumbel(x, "other")) / self.temperature).sigmoid()
        if self.draws:
            hard = (self.clock.uniform(self, "", x.shape, x.device) <= probability).to(x.dtype)
        else:
            hard = (probability > 0.5).to(x.dtype)
        return self._straight(hard, probability)

    def _categorical(self, x: Tensor) -> Tensor:
        logits = x if self.of_logits else self._logits(x)
        if not self.draws and self.test == _MEAN:
            return logits.softmax(self.axis) if self.of_logits else x / x.sum(self.axis, keepdim=True)
        noisy = logits + self._gumbel(x) if self.draws else logits
        if self.draws and self.form == _RELAXED:
            return (noisy / self.temperature).softmax(self.axis)
        best = noisy.detach().argmax(self.axis)
        if self.form == _INDEX:
            return best.to(x.dtype)
        hard = torch.zeros_like(x).scatter(self.axis, best.unsqueeze(self.axis), 1.0)
        return self._straight(hard, (noisy / self.temperature).softmax(self.axis))

    def _straight(self, hard: Tensor, soft: Tensor) -> Tensor:
        """A hard value with the gradient of a soft one, if it has any."""
        return with_gradient_of(hard, soft) if self.param.sample_param.straight_through else hard
