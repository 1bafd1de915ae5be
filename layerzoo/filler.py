"""Fillers: initial values of param blobs.

A filler is a function ``(blob, filler message, generator)`` that fills a blob in place. To add one::

    @register_filler
    def checkerboard(blob, filler, generator):
        blob.copy_(torch.arange(blob.numel()).reshape(blob.shape) % 2)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, erf, isfinite, pi, prod, radians, sin, sqrt
from typing import Final

import torch

from layerzoo.errors import LayerFault, LayerzooError, did_you_mean, nearest
from layerzoo.schema import NORMAL, UNIFORM, FillerParameter

Filler = Callable[[torch.Tensor, FillerParameter, torch.Generator | None], None]

FILLERS: dict[str, Filler] = {}
"""Fillers by name, the ``type`` of a config's filler."""
FIXED: Final = frozenset(("constant", "bilinear", "gabor", "values"))
"""The fillers that draw no random numbers."""
_READ: Final = {
    "constant": ("value",),
    "uniform": ("min", "max"),
    "gaussian": ("mean", "std"),
    "truncated_gaussian": ("mean", "std", "min", "max"),
    "orthogonal": ("gain",),
    "gabor": ("std", "wavelength", "aspect", "phase"),
}
"""The numbers that fillers read, which must be finite."""
_OWN: Final = {
    "values": ("values",),
    "gain": ("orthogonal",),
    "distribution": ("xavier", "msra"),
    "orientations": ("gabor",),
    "wavelength": ("gabor",),
    "aspect": ("gabor",),
    "phase": ("gabor",),
}
"""Layerzoo's own fields, and the fillers that read each."""
_LEAST_MASS: Final = 1e-6
"""The smallest probability between the bounds of a truncated gaussian from which values are drawn."""
_MAX_SPAN = torch.finfo(torch.float32).max


def register_filler(function: Filler) -> Filler:
    """Decorator that registers a filler under its function's name.

    Raises:
        LayerzooError: the name is already registered.
    """
    name = function.__name__
    if name in FILLERS:
        raise LayerzooError(f"filler '{name}' is already registered by {FILLERS[name].__module__}")
    FILLERS[name] = function
    return function


def check_filler(filler: FillerParameter, shape: tuple[int, ...], field: str = "filler") -> None:
    """Check that a filler can fill a blob of a shape.

    Args:
        filler: the message.
        shape: of the blob.
        field: path of the message in its layer, e.g. ``convolution_param.weight_filler``.

    Raises:
        LayerFault: the type is unknown, or its fields or the shape don't fit the type.
    """
    if filler.type not in FILLERS:
        raise LayerFault(
            f"unknown filler type '{filler.type}'",
            field=f"{field}.type",
            hint=did_you_mean(nearest(filler.type, FILLERS, 3)) or f"known are {', '.join(sorted(FILLERS))}",
        )
    if filler.sparse != -1 and (filler.type != "gaussian" or filler.sparse < 0):
        raise LayerFault(
            f"sparse: {filler.sparse} for a filler of type '{filler.type}'",
            field=f"{field}.sparse",
            hint="only gaussian takes it, with 0 or more",
        )
    for name in _READ.get(filler.type, ()):
        value = getattr(filler, name)
        if not isfinite(value):
            raise LayerFault(f"{name} {value} of a filler is not finite", field=f"{field}.{name}")
    for name, types in _OWN.items():
        given = len(filler.values) if name == "values" else filler.HasField(name)
        if given and filler.type not in types:
            raise LayerFault(
                f"{name} for a filler of type '{filler.type}'",
                field=f"{field}.{name}",
                hint=f"only {' and '.join(types)} {'reads' if len(types) == 1 else 'read'} it",
            )
    if filler.type == "gaussian" and filler.std < 0:
        raise LayerFault(f"std {filler.std:g} is below 0", field=f"{field}.std", hint="give 0 or more")
    if filler.type == "truncated_gaussian":
        _check_truncated(filler, field)
    if filler.type == "values":
        _check_values(filler.values, shape, field)
    if filler.type == "gabor":
        _check_gabor(filler, shape, field)
    if filler.type == "orthogonal" and len(shape) < 2:
        raise LayerFault(
            f"an orthogonal filler for a blob of shape {shape}",
            field=f"{field}.type",
            hint="it fills matrices: at least 2 axes, the first of which are the rows",
        )
    if filler.type == "uniform" and filler.max - filler.min > _MAX_SPAN:
        message = f"a uniform filler from min {filler.min:g} to max {filler.max:g} exceeds 32-bit floats"
        raise LayerFault(message, field=f"{field}.max")
    if filler.type == "uniform" and filler.min > filler.max:
        raise LayerFault(
            f"a uniform filler from min {filler.min:g} to max {filler.max:g}",
            field=f"{field}.min",
            hint="swap them",
        )
    if filler.type == "bilinear" and (len(shape) != 4 or shape[2] != shape[3]):
        raise LayerFault(
            f"a bilinear filler for a blob of shape {shape}",
            field=f"{field}.type",
            hint="it fills square kernels: (outputs, inputs, k, k)",
        )


def _check_truncated(filler: FillerParameter, field: str) -> None:
    low, high = _bounds(filler)
    if filler.std <= 0:
        raise LayerFault(f"std {filler.std:g} is not above 0", field=f"{field}.std")
    if low >= high:
        raise LayerFault(
            f"a truncated gaussian from {low:g} to {high:g}",
            field=f"{field}.min",
            hint="min must be below max; unset, they are mean - 2 std and mean + 2 std",
        )
    below, above = _distribution(filler, low), _distribution(filler, high)
    if above - below < _LEAST_MASS:
        raise LayerFault(
            f"a gaussian of mean {filler.mean:g} and std {filler.std:g} has hardly a value from {low:g} to "
            f"{high:g}",
            field=f"{field}.min",
            hint="move the bounds nearer to the mean",
        )


def _check_values(values: Sequence[float], shape: tuple[int, ...], field: str) -> None:
    """Check that values are as many as the elements of a blob, or of some of its last axes."""
    possible = sorted({prod(shape[axis:]) for axis in range(max(1, len(shape)))})
    if len(values) not in possible:
        raise LayerFault(
            f"{len(values)} values for a blob of shape {shape}",
            field=f"{field}.values",
            hint=f"give as many as the blob, or its last axes, have elements: "
            f"{' or '.join(map(str, possible))}",
        )
    if not all(map(isfinite, values)):
        raise LayerFault("a value is not finite", field=f"{field}.values")


def _check_gabor(filler: FillerParameter, shape: tuple[int, ...], field: str) -> None:
    if len(shape) != 4 or min(shape[2:]) < 3:
        raise LayerFault(
            f"a gabor filler for a blob of shape {shape}",
            field=f"{field}.type",
            hint="it fills kernels that a wave fits in: (outputs, inputs, 3 or more, 3 or more)",
        )
    for name, least in (("orientations", 1), ("wavelength", 2)):
        if getattr(filler, name) < least:
            message = f"{name} {getattr(filler, name):g} of a gabor filler is below {least}"
            hint = "a shorter wave falls between the pixels" if name == "wavelength" else ""
            raise LayerFault(message, field=f"{field}.{name}", hint=hint)
    for name in ("std", "aspect"):
        if getattr(filler, name) <= 0:
            message = f"{name} {getattr(filler, name):g} of a gabor filler is not above 0"
            raise LayerFault(message, field=f"{field}.{name}")
    if shape[0] % filler.orientations:
        raise LayerFault(
            f"{filler.orientations} orientations for {shape[0]} outputs",
            field=f"{field}.orientations",
            hint="the outputs must be a multiple of them",
        )


def fill(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None = None) -> None:
    """Fill a blob in place.

    The values depend only on the generator; a CPU generator gives the same values on any device.

    Args:
        blob: the blob to fill; one on the ``meta`` device is left unchanged.
        filler: the message.
        generator: source of random numbers; torch's default one if None.

    Raises:
        LayerFault: as `check_filler`.
    """
    check_filler(filler, tuple(blob.shape))
    if blob.is_meta:
        return
    with torch.no_grad():
        if generator is None or generator.device.type == blob.device.type:
            FILLERS[filler.type](blob, filler, generator)
        else:
            drawn = torch.empty_like(blob, device=generator.device)
            FILLERS[filler.type](drawn, filler, generator)
            blob.copy_(drawn)


@register_filler
def constant(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """All elements are ``value``."""
    blob.fill_(filler.value)


@register_filler
def uniform(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Uniform between ``min`` and ``max``."""
    blob.uniform_(filler.min, filler.max, generator=generator)


@register_filler
def gaussian(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Normal with ``mean`` and ``std``; with ``sparse``, about that many non-zero inputs per output.

    As in Caffe, each element is non-zero with a probability of ``sparse`` divided by the size of the first
    axis, which assumes as many inputs as outputs.
    """
    blob.normal_(filler.mean, filler.std, generator=generator)
    if filler.sparse >= 0:
        probability = min(1.0, filler.sparse / _rows(blob))
        blob.mul_(torch.empty_like(blob).bernoulli_(probability, generator=generator))


@register_filler
def positive_unitball(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Uniform between 0 and 1, then normalised so that the elements of each output sum to 1."""
    blob.uniform_(0, 1, generator=generator)
    rows = blob.reshape(_rows(blob), -1)
    blob.copy_((rows / rows.sum(1, keepdim=True)).reshape(blob.shape))


@register_filler
def xavier(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Uniform with variance 1/n, where ``variance_norm`` chooses n. Source: Glorot and Bengio 2010.

    ``distribution: NORMAL`` makes it gaussian, with the same variance.
    """
    _spread(blob, filler, 1 / _fan(blob, filler), UNIFORM, generator)


@register_filler
def msra(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Normal with variance 2/n, where ``variance_norm`` chooses n. Source: He et al. 2015.

    ``distribution: UNIFORM`` makes it uniform, with the same variance.
    """
    _spread(blob, filler, 2 / _fan(blob, filler), NORMAL, generator)


@register_filler
def bilinear(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Kernels for bilinear upsampling by Deconvolution: the outer product of two triangle functions."""
    size = blob.shape[-1]
    half = -(-size // 2)
    offset = torch.arange(size, dtype=blob.dtype, device=blob.device) - (size - 1) / 2
    triangle = 1 - offset.abs() / half
    blob.copy_(torch.outer(triangle, triangle).expand_as(blob))


@register_filler
def gabor(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Waves in gaussian windows, at ``orientations`` angles: edges and strokes. Source: Daugman 1985.

    The window's mean of the wave is subtracted, so that each kernel sums to 0 (a Morlet wavelet), and the
    window sums to 1 over all inputs: waves of amplitude 1 that fit a kernel give about 1/2. Kernels of the
    phases 0 and 90 are the parts of a complex wavelet, whose absolute value says how strong a wave is,
    wherever its crests are.
    """
    rows, columns = (
        torch.arange(size, dtype=torch.float64, device=blob.device) - (size - 1) / 2
        for size in blob.shape[2:]
    )
    kernels = []
    for orientation in range(filler.orientations):
        angle = pi * orientation / filler.orientations
        along = cos(angle) * columns + sin(angle) * rows[:, None]
        across = cos(angle) * rows[:, None] - sin(angle) * columns
        window = torch.exp(-(along**2 + (filler.aspect * across) ** 2) / (2 * filler.std**2))
        window /= window.sum()
        wave = torch.cos(2 * pi * along / filler.wavelength + radians(filler.phase))
        kernels.append(window * (wave - (window * wave).sum()))
    shares = torch.stack(kernels)[:, None] / blob.shape[1]
    blob.copy_(shares.repeat(blob.shape[0] // filler.orientations, blob.shape[1], 1, 1))


@register_filler
def orthogonal(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Rows of length ``gain`` at right angles to each other; columns, where the rows are more than those.

    The blob is seen as a matrix of its first axis by the others, and is uniform over all such matrices.
    Source: Saxe, McClelland and Ganguli 2014; uniform by Mezzadri 2007.
    """
    rows = _rows(blob)
    turned = rows < blob.numel() // rows
    shape = (blob.numel() // rows, rows) if turned else (rows, blob.numel() // rows)
    drawn = torch.empty(shape, dtype=torch.float64, device=blob.device).normal_(generator=generator)
    q, r = torch.linalg.qr(drawn)
    q *= torch.where(r.diagonal() < 0, -filler.gain, filler.gain)  # else it depends on the library's signs
    blob.copy_((q.mT if turned else q).reshape(blob.shape))


@register_filler
def truncated_gaussian(
    blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None
) -> None:
    """Normal with ``mean`` and ``std``, between ``min`` and ``max``; unset, they are 2 ``std`` from the mean.

    Values are drawn by the inverse of the distribution function, in double precision.
    """
    low, high = _bounds(filler)
    share = torch.empty(blob.shape, dtype=torch.float64, device=blob.device)
    share.uniform_(_distribution(filler, low), _distribution(filler, high), generator=generator)
    drawn = filler.mean + filler.std * sqrt(2) * torch.erfinv(share.mul_(2).sub_(1))
    blob.copy_(drawn.clamp_(low, high))


@register_filler
def values(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """The numbers of ``values`` in order; as many as the last axes have elements repeat over the others."""
    listed = torch.tensor(list(filler.values), dtype=blob.dtype, device=blob.device)
    blob.copy_(listed.repeat(blob.numel() // listed.numel()).view(blob.shape))


def _spread(
    blob: torch.Tensor,
    filler: FillerParameter,
    variance: float,
    default: int,
    generator: torch.Generator | None,
) -> None:
    """Draw numbers of mean 0 and a variance from the filler's distribution."""
    distribution = filler.distribution if filler.HasField("distribution") else default
    if distribution == NORMAL:
        blob.normal_(0, sqrt(variance), generator=generator)
    else:
        scale = sqrt(3 * variance)
        blob.uniform_(-scale, scale, generator=generator)


def _bounds(filler: FillerParameter) -> tuple[float, float]:
    """The smallest and the largest value of a truncated gaussian."""
    low = filler.min if filler.HasField("min") else filler.mean - 2 * filler.std
    return low, filler.max if filler.HasField("max") else filler.mean + 2 * filler.std


def _distribution(filler: FillerParameter, value: float) -> float:
    """The probability that a gaussian is below a value."""
    return (1 + erf((value - filler.mean) / (filler.std * sqrt(2)))) / 2


def _rows(blob: torch.Tensor) -> int:
    """The size of the first axis, ``num`` of Caffe's blobs; 1 for a blob without axes."""
    return blob.shape[0] if blob.dim() else 1


def _fan(blob: torch.Tensor, filler: FillerParameter) -> float:
    """The fan-in, fan-out or their mean, by ``variance_norm``."""
    inputs = blob.numel() / _rows(blob)
    outputs = blob.numel() / blob.shape[1] if blob.dim() > 1 else blob.numel()
    if filler.variance_norm == FillerParameter.FAN_OUT:
        return outputs
    return (inputs + outputs) / 2 if filler.variance_norm == FillerParameter.AVERAGE else inputs
