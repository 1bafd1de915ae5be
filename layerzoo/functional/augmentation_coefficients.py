"""Coefficients of FlowNet's augmentation: drawn at random, and as blobs that layers pass on.

A blob has one row of `COUNT` numbers per image: a coefficient whose neutral value is 0 as it is, one whose
neutral value is 1 as its logarithm. So 0 is neutral, and coefficients are combined by adding rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import pi
from typing import Final

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.schema import AugmentationParameter, CoeffScheduleParameter, RandomGeneratorParameter

SPATIAL: Final = ("mirror", "dx", "dy", "angle", "zoom_x", "zoom_y")
CHROMATIC: Final = ("gamma", "brightness", "contrast", "color1", "color2", "color3")
_NO_MEAN = tuple(f"{kind}_nomean{i}" for kind in ("pow", "add", "mult") for i in range(3))
_WITH_MEAN = tuple(f"{kind}_withmean{i}" for kind in ("pow", "add", "mult") for i in range(3))
EIGEN: Final = (*_NO_MEAN, *_WITH_MEAN, "lmult_pow", "lmult_add", "lmult_mult", "col_angle")
EFFECT: Final = (
    "fog_amount", "fog_size", "motion_blur_angle", "motion_blur_size", "shadow_angle", "shadow_distance",
    "shadow_strength", "noise",
)  # fmt: skip
NAMES: Final = (*SPATIAL, *CHROMATIC, *EIGEN, *EFFECT)
COUNT: Final = len(NAMES)
"""The number of coefficients of an image."""

_FACTORS = ("zoom", "gamma", "contrast", "color", "pow", "mult", "lmult_pow", "lmult_mult")
IS_FACTOR: Final = tuple(name.startswith(_FACTORS) for name in NAMES)
"""Which coefficients have the neutral value 1, not 0."""

TRIES: Final = 50
"""The number of draws among which a transformation that stays inside the image is looked for."""

_SPATIAL_FIELDS = ("mirror", "rotate", "zoom", "translate", "squeeze", "translate_x", "translate_y")
_CHROMATIC_FIELDS = {"gamma": "gamma", "brightness": "brightness", "contrast": "contrast"}
_EIGEN_FIELDS = {
    "ladd_pow": ("pow_nomean0",), "col_pow": ("pow_nomean1", "pow_nomean2"),
    "ladd_add": ("add_nomean0",), "col_add": ("add_nomean1", "add_nomean2"),
    "ladd_mult": ("mult_nomean0",), "col_mult": ("mult_nomean1", "mult_nomean2"),
    "sat_pow": ("pow_withmean1",), "sat_add": ("add_withmean1",), "sat_mult": ("mult_withmean1",),
    "lmult_pow": ("lmult_pow",), "lmult_mult": ("lmult_mult",), "lmult_add": ("lmult_add",),
    "col_rotate": ("col_angle",),
}  # fmt: skip
_TYPES = ("uniform", "gaussian", "bernoulli", "uniform_bernoulli", "gaussian_bernoulli")

Draw = Callable[[Sequence[int], str], Tensor]
"""Random numbers in (0, 1] of a shape, from a named stream."""


def generators(aug: AugmentationParameter) -> Mapping[str, RandomGeneratorParameter]:
    """The random coefficients that a config asks for, by field."""
    names = (*_SPATIAL_FIELDS, *_CHROMATIC_FIELDS, "color", *_EIGEN_FIELDS, *EFFECT)
    return {name: getattr(aug, name) for name in names if aug.HasField(name)}


def check_generators(aug: AugmentationParameter) -> None:
    """Check the random coefficients of a config.

    Raises:
        LayerFault: a distribution is unknown.
    """
    for name, field in generators(aug).items():
        if field.rand_type not in _TYPES:
            raise LayerFault(
                f"rand_type '{field.rand_type}'; expected one of {', '.join(_TYPES)}",
                field=f"augmentation_param.{name}",
            )


def decode(rows: Tensor) -> dict[str, Tensor]:
    """The coefficients in rows of numbers, shape (N, `COUNT`): by name, each of shape (N)."""
    columns = zip(NAMES, IS_FACTOR, rows.unbind(-1), strict=True)
    return {name: column.exp() if factor else column for name, factor, column in columns}


def discount(schedule: CoeffScheduleParameter, number: Tensor) -> Tensor:
    """The factor of all spreads in a pass, which goes from an initial to a final value.

    Args:
        schedule: the values, and the number of passes after which half of the way is done.
        number: number of the pass, from 1.
    """
    way = 2 / (1 + torch.exp(-1.0986 * number / schedule.half_life)) - 1
    return schedule.initial_coeff + (schedule.final_coeff - schedule.initial_coeff) * way


def draw_rows(
    aug: AugmentationParameter,
    spread: Tensor,
    before: Tensor,
    mode: str,
    sizes: tuple[int, int, int, int],
    draw: Draw,
) -> Tensor:
    """Draw coefficients and combine them with others.

    Args:
        aug: the distributions.
        spread: factor of their spreads, shape ().
        before: rows of coefficients, shape (N, `COUNT`).
        mode: ``add`` adds to them, ``replace`` replaces those that are drawn.
        sizes: height and width of the images, then of their crops.
        draw: random numbers.

    Returns:
        shape (N, `COUNT`).
    """
    n, rows = before.shape[0], dict(zip(NAMES, before.unbind(-1), strict=True))
    wanted = generators(aug)

    def one(name: str, neutral: float | None = None, stream: str = "", shape: Sequence[int] = (n,)) -> Tensor:
        return _value(
            getattr(aug, name), spread, neutral, lambda what: draw(shape, f"{stream or name} {what}")
        )

    if set(wanted) & set(_SPATIAL_FIELDS):
        if mode == "replace":
            rows |= {name: torch.zeros_like(rows[name]) for name in SPATIAL}
        rows |= _spatial(aug, wanted, one, {name: rows[name] for name in SPATIAL}, sizes)
    drawn: dict[str, Tensor] = {}
    for name in _CHROMATIC_FIELDS.keys() & wanted.keys():
        drawn[name] = one(name)
    if "color" in wanted:
        drawn |= {f"color{i}": one("color", None, f"color{i}") for i in (1, 2, 3)}
    for name, targets in _EIGEN_FIELDS.items():
        if name in wanted:
            drawn |= {target: one(name, None, target) for target in targets}
            if name.startswith("sat_"):
                (target,) = targets
                drawn[f"{target[:-1]}2"] = drawn[target]
    for group in (("fog_amount", "fog_size"), ("motion_blur_angle", "motion_blur_size"),
                  ("shadow_angle", "shadow_distance", "shadow_strength")):  # fmt: skip
        if set(group) & set(wanted):
            drawn |= {name: one(name, 0.0) for name in group}
    if "noise" in wanted:
        drawn["noise"] = one("noise")
    factors = dict(zip(NAMES, IS_FACTOR, strict=True))
    for name, values in drawn.items():
        encoded = values.log() if factors[name] else values
        rows[name] = rows[name] + encoded if mode == "add" else encoded
    return torch.stack([rows[name].to(before.dtype) for name in NAMES], -1)


def _spatial(
    aug: AugmentationParameter,
    wanted: Mapping[str, object],
    one: Callable[..., Tensor],
    before: Mapping[str, Tensor],
    sizes: tuple[int, int, int, int],
) -> dict[str, Tensor]:
    """The first of several draws whose crop lies inside the image, added to the coefficients before it."""
    shape = (before["dx"].shape[0], TRIES)
    zeros = before["dx"].new_zeros(shape)
    tried = dict.fromkeys(SPATIAL, zeros)
    if "mirror" in wanted:
        # as in the fork, its spread is always 0
        tried["mirror"] = (one("mirror", 0.0, "mirror", shape) != 0).to(zeros.dtype)
    if "translate" in wanted:
        tried |= {name: one("translate", 0.0, name, shape) for name in ("dx", "dy")}
    for axis in ("x", "y"):
        if f"translate_{axis}" in wanted:
            tried[f"d{axis}"] = one(f"translate_{axis}", 0.0, "", shape)
    if "rotate" in wanted:
        tried["angle"] = one("rotate", 0.0, "", shape)
    zoom = one("zoom", 1.0, "", shape) if "zoom" in wanted else zeros + 1
    squeeze = one("squeeze", 1.0, "", shape) if "squeeze" in wanted else zeros + 1
    tried["zoom_x"], tried["zoom_y"] = (zoom * squeeze).log(), (zoom / squeeze).log()
    tried = {name: values + before[name].unsqueeze(-1) for name, values in tried.items()}
    inside = _inside(tried, sizes)
    first = inside.to(torch.uint8).argmax(-1, keepdim=True)
    found = inside.any(-1)
    return {
        name: torch.where(found, values.gather(1, first).squeeze(-1).to(before[name].dtype), before[name])
        for name, values in tried.items()
    }


def _inside(rows: Mapping[str, Tensor], sizes: tuple[int, int, int, int]) -> Tensor:
    """Whether all four corners of the crop come from inside the image."""
    height, width, crop_height, crop_width = sizes
    good = torch.ones_like(rows["dx"], dtype=torch.bool)
    for x in (0, crop_width - 1):
        for y in (0, crop_height - 1):
            u, v = place(rows, torch.full_like(rows["dx"], x), torch.full_like(rows["dx"], y), sizes)
            good &= (u.floor() >= 0) & (u.floor() <= width - 2) & (v.floor() >= 0) & (v.floor() <= height - 2)
    return good


def place(
    rows: Mapping[str, Tensor], x: Tensor, y: Tensor, sizes: tuple[int, int, int, int]
) -> tuple[Tensor, Tensor]:
    """Where a pixel of a crop comes from: mirrored, rotated, moved and zoomed around the centre.

    Args:
        rows: the spatial coefficients as in a row: logarithms of zooms.
        x, y: the pixel.
        sizes: height and width of the image, then of the crop.

    Returns:
        x and y in the image; all tensors broadcast.
    """
    height, width, crop_height, crop_width = sizes
    u = torch.where(rows["mirror"] != 0, crop_width / 2 - x, x - crop_width / 2)
    v = y - crop_height / 2
    cosine, sine = rows["angle"].cos(), rows["angle"].sin()
    u, v = cosine * u - sine * v, sine * u + cosine * v
    u, v = u + rows["dx"] * crop_width, v + rows["dy"] * crop_height
    return u / rows["zoom_x"].exp() + width / 2, v / rows["zoom_y"].exp() + height / 2


def _value(
    field: RandomGeneratorParameter, spread: Tensor, neutral: float | None, draw: Callable[[str], Tensor]
) -> Tensor:
    """A random number for each element, by the distribution of a field."""
    kind, _, rare = field.rand_type.partition("_")
    width = field.spread * spread if field.apply_schedule else torch.full_like(spread, field.spread)
    happens = draw("prob") <= field.prob if "bernoulli" in field.rand_type else None
    if kind == "bernoulli":
        assert happens is not None
        number = happens.to(spread.dtype)
    else:
        unit = draw("value").to(spread.dtype)
        if kind == "gaussian":
            shift = (-2 * unit.log()).sqrt() * torch.cos(2 * pi * draw("angle").to(spread.dtype))
        else:
            shift = 2 * unit - 1
        number = field.mean + width.clamp(min=0) * shift
        if happens is not None and neutral is None:
            number = torch.where(happens, number, 0)
        number = number.exp() if field.exp else number
    number = field.multiplier * (number.round() if field.discretize else number)
    return number if happens is None or neutral is None or not rare else torch.where(happens, number, neutral)
