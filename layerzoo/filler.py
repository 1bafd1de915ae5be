"""Fillers: initial values of param blobs.

A filler is a function ``(blob, filler message, generator)`` that fills a blob in place. To add one::

    @register_filler
    def checkerboard(blob, filler, generator):
        blob.copy_(torch.arange(blob.numel()).reshape(blob.shape) % 2)
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, sqrt

import torch

from layerzoo.errors import LayerFault, LayerzooError, did_you_mean, nearest
from layerzoo.schema import FillerParameter

Filler = Callable[[torch.Tensor, FillerParameter, torch.Generator | None], None]

FILLERS: dict[str, Filler] = {}
"""Fillers by name, the ``type`` of a config's filler."""
_READ = {"constant": ("value",), "uniform": ("min", "max"), "gaussian": ("mean", "std")}
"""The numbers that Caffe's fillers read."""
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
    if filler.type == "gaussian" and filler.std < 0:
        raise LayerFault(f"std {filler.std:g} is below 0", field=f"{field}.std", hint="give 0 or more")
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
            values = torch.empty_like(blob, device=generator.device)
            FILLERS[filler.type](values, filler, generator)
            blob.copy_(values)


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
    """Uniform with variance 1/n, where ``variance_norm`` chooses n. Source: Glorot and Bengio 2010."""
    scale = sqrt(3 / _fan(blob, filler))
    blob.uniform_(-scale, scale, generator=generator)


@register_filler
def msra(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Normal with variance 2/n, where ``variance_norm`` chooses n. Source: He et al. 2015."""
    blob.normal_(0, sqrt(2 / _fan(blob, filler)), generator=generator)


@register_filler
def bilinear(blob: torch.Tensor, filler: FillerParameter, generator: torch.Generator | None) -> None:
    """Kernels for bilinear upsampling by Deconvolution: the outer product of two triangle functions."""
    size = blob.shape[-1]
    half = -(-size // 2)
    offset = torch.arange(size, dtype=blob.dtype, device=blob.device) - (size - 1) / 2
    triangle = 1 - offset.abs() / half
    blob.copy_(torch.outer(triangle, triangle).expand_as(blob))


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
