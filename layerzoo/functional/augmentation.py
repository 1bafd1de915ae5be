"""FlowNet's augmentation of images by coefficients (`layerzoo.functional.augmentation_coefficients`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

from layerzoo.functional.augmentation_coefficients import (
    CHROMATIC,
    EFFECT,
    EIGEN,
    IS_FACTOR,
    NAMES,
    decode,
    place,
)
from layerzoo.functional.constants import constant
from layerzoo.functional.sampling import sample

_NEUTRAL: Final = 1e-3
"""A coefficient that is this close to its neutral value counts as neutral."""

_SMALL: Final = 1e-2
"""Magnitudes up to this are left alone by the changes in eigenvectors."""


def settled(rows: Tensor) -> Tensor:
    """Rows of coefficients, with those that are nearly neutral set to 0."""
    factor = constant(tuple(IS_FACTOR), torch.bool, rows.device)
    off = torch.where(factor, rows.exp() - 1, rows).abs()
    return torch.where(off < _NEUTRAL, 0, rows)


def crops(images: Tensor, rows: Tensor, height: int, width: int) -> Tensor:
    """Crops of images after the spatial transformation that rows of coefficients give.

    Args:
        images: shape (N, C, H, W).
        rows: shape (N, COUNT).
        height, width: size of the crops.

    Returns:
        shape (N, C, height, width).
    """
    named = {name: column[:, None, None] for name, column in zip(NAMES, rows.unbind(-1), strict=True)}
    y, x = (torch.arange(size, dtype=images.dtype, device=images.device) for size in (height, width))
    u, v = place(named, x, y.unsqueeze(-1), (*images.shape[2:], height, width))
    # as in the fork, which reads the next pixel too
    u = u.clamp(min=0).clamp(max=max(0.0, images.shape[3] - 1.05))
    v = v.clamp(min=0).clamp(max=max(0.0, images.shape[2] - 1.05))
    return sample(images, u.expand(-1, height, -1), v.expand(-1, -1, width))


def coloured(images: Tensor, source: Tensor, rows: Tensor, vectors: Tensor | None, most: float) -> Tensor:
    """Crops after the changes of colour that rows of coefficients give; a change that no image needs is none.

    Args:
        images: crops, shape (N, 3, H, W).
        source: the images that they were cropped from.
        rows: coefficients, shape (N, COUNT).
        vectors: eigenvectors of colours, shape (3, 3); None leaves out the changes along them.
        most: the highest value of the result.
    """
    values = {name: value[:, None, None] for name, value in decode(rows).items()}
    if vectors is not None:
        changed = _in_eigenvectors(images, source, values, vectors, most)
        images = torch.where(_needed(rows, EIGEN), changed, images)
    images = torch.where(_needed(rows, CHROMATIC), _contrast(images, values, most), images)
    return torch.where(_needed(rows, EFFECT), _shadow(images, values, most), images)


def _needed(rows: Tensor, names: Sequence[str]) -> Tensor:
    """Whether any image has a coefficient of a group that isn't neutral; shape ()."""
    first = NAMES.index(names[0])
    return (rows[:, first : first + len(names)] != 0).any()


def _contrast(images: Tensor, values: Mapping[str, Tensor], most: float) -> Tensor:
    """Factors of the three channels at equal brightness, then gamma, brightness and contrast."""
    factors = torch.stack([values[f"color{i}"] for i in (1, 2, 3)], 1)
    tinted = images * factors
    tinted = tinted * images.sum(1, keepdim=True) / (tinted.sum(1, keepdim=True) + 0.01)
    bright = tinted.clamp(0, 1) ** values["gamma"].unsqueeze(1) + values["brightness"].unsqueeze(1)
    return (0.5 + (bright - 0.5) * values["contrast"].unsqueeze(1)).clamp(0, most)


def _shadow(images: Tensor, values: Mapping[str, Tensor], most: float) -> Tensor:
    """A darker half plane."""
    height, width = images.shape[2:]
    x = torch.arange(width, dtype=images.dtype, device=images.device) - width // 2
    y = torch.arange(height, dtype=images.dtype, device=images.device).unsqueeze(-1) - height // 2
    angle = values["shadow_angle"]
    dark = x * angle.cos() + y * angle.sin() - values["shadow_distance"] > 0
    return (images - torch.where(dark, values["shadow_strength"], 0).unsqueeze(1)).clamp(0, most)


def _in_eigenvectors(
    images: Tensor, source: Tensor, values: Mapping[str, Tensor], vectors: Tensor, most: float
) -> Tensor:
    """Changes along eigenvectors of colours, of saturation and of lightness."""
    mean = source.mean((0, 2, 3))
    highest = torch.einsum("ec,nchw->nehw", vectors, source).abs().amax((0, 2, 3))
    large = highest > _SMALL
    scale = torch.where(large, highest, 1)
    middle = (vectors @ mean) / scale
    length = highest.square().sum().sqrt()

    eigen = torch.einsum("ec,nchw->nehw", vectors, images - mean[:, None, None]).unbind(1)
    parts = []
    for i, part in enumerate(eigen):
        changed = _power(part / scale[i], values[f"pow_nomean{i}"]) + values[f"add_nomean{i}"]
        parts.append(torch.where(large[i], changed * values[f"mult_nomean{i}"], part) + middle[i])
    changed = (_power(parts[0], values["pow_withmean0"]) + values["add_withmean0"]) * values["mult_withmean0"]
    first = torch.where(large[0], changed, parts[0])
    saturation = (parts[1].square() + parts[2].square()).sqrt()
    vivid = saturation > _SMALL
    wanted = (saturation ** values["pow_withmean1"] + values["add_withmean1"]).clamp(min=0)
    wanted = wanted * values["mult_withmean1"]
    cosine, sine = values["col_angle"].cos(), values["col_angle"].sin()
    turned = (cosine * parts[1] - sine * parts[2], sine * parts[1] + cosine * parts[2])
    first, second, third = (part * scale[i] for i, part in enumerate((first, *turned)))
    lightness = _length(first, second, third) / length
    ratio = torch.where(vivid, wanted / torch.where(vivid, saturation, 1), 1)
    second, third = second * ratio, third * ratio
    now = _length(first, second, third)
    target = (lightness ** values["lmult_pow"] + values["lmult_add"]).clamp(min=0)
    target = target * values["lmult_mult"] * length
    light = (length > _SMALL) & (now > _SMALL)
    result = torch.stack((first, second, third), 1)
    scaled = result / torch.where(light, now, 1).unsqueeze(1) * target.unsqueeze(1)
    scaled = torch.minimum(scaled, highest[:, None, None])
    result = torch.where(light.unsqueeze(1), scaled, result)
    return torch.einsum("ec,nehw->nchw", vectors, result).clamp(0, most)


def _power(x: Tensor, exponent: Tensor) -> Tensor:
    """The power of the magnitude, with the sign."""
    return x.abs() ** exponent * x.sign()


def _length(*parts: Tensor) -> Tensor:
    return torch.stack(parts).square().sum(0).sqrt()
