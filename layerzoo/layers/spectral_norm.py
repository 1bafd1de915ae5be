"""SpectralNorm: divide a weight by its largest singular value."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.transforms import store
from layerzoo.layer import Layer, OwnParam, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import FillerParameter, LayerParameter

_SOURCE = '''
def spectral_norm(w, u, axis, iterations, eps):
    """A weight, divided by its largest singular value, which a power iteration finds from a vector."""
    matrix = w.movedim(axis, 0).flatten(1)
    for _ in range(iterations):
        v = F.normalize(u @ matrix, dim=0, eps=eps)
        u = F.normalize(matrix @ v, dim=0, eps=eps)
    return w / (u @ (matrix @ v))
'''


_MOST = 1000
"""Steps of the power iteration in a pass."""


@register
class SpectralNorm(Layer):
    """Divide a weight by its largest singular value, so that a layer with it stretches no vector.

    The weight is a matrix whose rows are the outputs along ``axis``. A power iteration finds the singular
    value; in TRAIN the vector that it has come to is kept for the next pass. For the gradient the singular
    vectors are constants, as in the paper.

    Shapes: bottom any with 2 axes or more, top the same; ``u`` as long as ``axis``. Source: ours; Miyato,
    Kataoka, Koyama and Yoshida 2018.
    """

    family = "normalisation"
    asks_for_surrogate = True
    stays_fp32 = True
    messages = ("spectral_norm_param",)
    param_names = ("u",)
    u: nn.Parameter

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.spectral_norm_param
        self.axis = _axis(param, bottom_shapes[0])
        self.iterations, self.eps = p.iterations, p.eps

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape = param.spectral_norm_param, bottoms[0]
        if len(shape) < 2:
            raise LayerFault(f"a bottom of shape {shape}; a weight has 2 axes or more", bottom=0)
        _axis(param, shape)
        if not 1 <= p.iterations <= _MOST:
            message = f"iterations {p.iterations:,}; expected 1 to {_MOST:,}"
            raise LayerFault(message, field="spectral_norm_param.iterations")
        if not p.eps > 0:
            raise LayerFault(f"eps {p.eps:g} is not above 0", field="spectral_norm_param.eps")
        return [shape]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        size = bottoms[0][_axis(param, bottoms[0])]
        return [OwnParam("u", (size,), FillerParameter(type="gaussian"), learns=False)]

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "singular vectors are constants"

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return (2 * param.spectral_norm_param.iterations + 1) * torch.Size(bottoms[0]).numel()

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        source.helpers["spectral_norm"] = _SOURCE
        u = source.param("u", self.u)
        return f"spectral_norm({bottoms.first}, {u}, {self.axis}, {self.iterations}, {number(self.eps)})"

    def forward(self, w: Tensor) -> Tensor:
        matrix = w.movedim(self.axis, 0).flatten(1)
        fixed, u = matrix.detach(), self.u.detach().to(w.dtype)
        for _ in range(self.iterations):
            v = F.normalize(u @ fixed, dim=0, eps=self.eps)
            u = F.normalize(fixed @ v, dim=0, eps=self.eps)
        if self.training:
            store(self.u, u.to(self.u.dtype))
        return w / (u * (matrix @ v)).sum().clamp(min=self.eps)


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.spectral_norm_param.axis, len(shape), "spectral_norm_param.axis")
